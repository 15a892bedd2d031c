#include "experiments/report/curve.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "core/error.h"
#include "core/table.h"
#include "experiments/analysis/paper_points.h"

namespace microfiche::experiments {
namespace {

using CellList = std::vector<const CellSummary*>;

std::string note_of(
    const CellSummary& cell,
    const std::string& what,
    const metrics::Interval& interval) {
  return concat(
      what,
      ", ",
      length_name(cell.cell),
      ": ",
      fixed(interval.mean, 3),
      " [",
      fixed(interval.low, 3),
      ", ",
      fixed(interval.high, 3),
      "] at ",
      fixed(cell.ratios.nominal, 2),
      "\u00d7, ",
      cell.pages,
      " pages");
}

/// One series of a cell list; `select` gives the intervals to take the means
/// from, which may be empty.
template <typename Select>
ChartSeries make_series(
    const std::string& name,
    const CellList& cells,
    const std::string& metric,
    const Select& select) {
  ChartSeries series;
  series.name = name;
  for (const auto* cell : cells) {
    const metrics::MetricIntervals& intervals = select(*cell);
    if (!intervals.empty()) {
      const auto& interval = metrics::find_metric(intervals, metric);
      series.points.push_back(
          {cell->ratios.nominal,
           interval.mean,
           std::pair(interval.low, interval.high),
           note_of(*cell, name, interval)});
    }
  }
  std::sort(
      series.points.begin(),
      series.points.end(),
      [](const auto& a, const auto& b) { return a.x < b.x; });
  return series;
}

/// A floor: a thin line whose points only show their note.
ChartSeries without_intervals(ChartSeries series) {
  series.marker = Marker::kNone;
  for (auto& point : series.points) {
    point.interval.reset();
  }
  return series;
}

void append_if_any(std::vector<ChartSeries>& list, ChartSeries series) {
  if (!series.points.empty()) {
    list.push_back(std::move(series));
  }
}

/// The series of one run, mode and style.
void append_group(
    std::vector<ChartSeries>& list,
    const std::string& name,
    const CellList& cells,
    const std::string& metric,
    int colour,
    bool only_group) {
  const auto prefix = name.empty() ? "" : name + ": ";
  const auto of_kind = [&](const char* text) {
    CellList chosen;
    for (const auto* cell : cells) {
      if (cell->cell.text == text) {
        chosen.push_back(cell);
      }
    }
    return chosen;
  };
  const auto own = [](const CellSummary& cell) -> auto& {
    return cell.metrics;
  };
  auto text = make_series(
      name.empty() ? "held-out text" : name,
      of_kind(kNaturalText),
      metric,
      own);
  text.colour = colour;
  append_if_any(list, std::move(text));

  CellList looped;
  for (const auto* cell : of_kind(kNaturalText)) {
    if (cell->pages_without_loops < cell->pages) {
      looped.push_back(cell);
    }
  }
  auto kept = make_series(
      prefix + "without looped pages", looped, metric, [
      ](const CellSummary& cell) -> auto& { return cell.without_loops; });
  kept.colour = colour;
  kept.filled = false;
  kept.line = false;
  append_if_any(list, std::move(kept));

  auto letters = make_series(
      prefix + "random letters", of_kind("random_letters"), metric, own);
  letters.colour = only_group ? colour + 1 : colour;
  letters.filled = only_group;
  letters.marker = Marker::kDiamond;
  letters.line = false;
  append_if_any(list, std::move(letters));

  auto words = make_series(
      prefix + "shuffled words", of_kind("shuffled_words"), metric, own);
  words.colour = only_group ? colour + 2 : colour;
  words.marker = Marker::kSquare;
  words.filled = false;
  words.line = false;
  append_if_any(list, std::move(words));

  auto wrong = make_series(
      prefix + "wrong page", of_kind(kNaturalText), metric, [
      ](const CellSummary& cell) -> auto& { return cell.wrong_page; });
  wrong.colour = colour;
  wrong = without_intervals(std::move(wrong));
  wrong.dashes = "7 4";
  append_if_any(list, std::move(wrong));

  auto blank = make_series(
      prefix + "blank page", of_kind(kNaturalText), metric, [
      ](const CellSummary& cell) -> auto& { return cell.blank_page; });
  blank.colour = colour;
  blank = without_intervals(std::move(blank));
  blank.dashes = "2 4";
  append_if_any(list, std::move(blank));
}

ChartSeries paper_series(const std::string& mode) {
  ChartSeries series;
  series.colour = -1;
  series.marker = mode == "tiny" ? Marker::kTriangle : Marker::kSquare;
  series.filled = false;
  series.dashes = "1 3";
  for (const auto& point : paper_points()) {
    if (point.mode == mode) {
      series.name = concat(
          "DeepSeek-OCR, ", mode == "tiny" ? "Tiny" : "Small", " (paper)");
      series.points.push_back(
          {point.compression_ratio,
           point.precision,
           std::nullopt,
           concat(
               "Paper, ",
               point.vision_tokens,
               " vision tokens, ",
               point.text_tokens_lower,
               "\u2013",
               point.text_tokens_upper,
               " text tokens: ",
               fixed(point.precision, 3),
               " at ",
               exact(point.compression_ratio),
               "\u00d7, ",
               point.pages,
               " pages")});
    }
  }
  return series;
}

} // namespace

std::string metric_title(const std::string& metric) {
  return metrics::find_metric(metric).title;
}

Chart make_curve(
    const std::vector<NamedSummary>& runs,
    const std::string& metric) {
  using Key = std::tuple<size_t, std::string, std::string>;
  std::vector<std::pair<Key, CellList>> groups;
  std::set<std::string> modes;
  std::set<std::string> styles;
  for (size_t run = 0; run < runs.size(); ++run) {
    for (const auto& cell : runs[run].summary.cells) {
      if (cell.cell.page || cell.cell.tokens) {
        continue; // Its ratio is not what it is drawn for.
      }
      auto style = cell.cell.style;
      for (const auto& [coordinate, value] : further_coordinates(cell.cell)) {
        style += concat(", ", coordinate, " ", value);
      }
      const Key key{run, cell.cell.mode, style};
      modes.insert(cell.cell.mode);
      styles.insert(style);
      auto found =
          std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
            return group.first == key;
          });
      if (found == groups.end()) {
        groups.push_back({key, {}});
        found = groups.end() - 1;
      }
      found->second.push_back(&cell);
    }
  }
  Chart chart;
  chart.title = metric_title(metric) + " over compression ratio";
  chart.x_label =
      "compression ratio: text tokens over vision tokens (log scale)";
  chart.y_label = metric_title(metric);
  chart.log_x = true;
  if (metrics::find_metric(metric).is_fraction) {
    chart.y_range = std::pair(0.0, 1.0);
  }
  int colour = 0;
  for (const auto& [key, cells] : groups) {
    std::string name;
    const auto extend = [&](const std::string& part, bool several) {
      if (several) {
        name += (name.empty() ? "" : ", ") + part;
      }
    };
    extend(runs[std::get<0>(key)].name, runs.size() > 1);
    extend(std::get<1>(key), modes.size() > 1);
    extend(std::get<2>(key), styles.size() > 1);
    append_group(chart.series, name, cells, metric, colour, groups.size() == 1);
    ++colour;
  }
  // The paper's precision is one of these; an error rate has no place for it.
  if (metric == "set_precision" || metric == "edit_similarity") {
    chart.series.push_back(paper_series("tiny"));
    chart.series.push_back(paper_series("small"));
  }
  return chart;
}

} // namespace microfiche::experiments
