#include "report/curve.h"

#include <algorithm>

#include "analysis/cell_labels.h"
#include "analysis/paper_points.h"
#include "core/error.h"
#include "report/metric_points.h"

namespace microfiche::report {
namespace {

using CellList = std::vector<const analysis::CellSummary*>;

/// The cells of one run and setting.
struct CurveGroup {
  size_t run;
  std::string setting;
  CellList cells;
};

std::vector<CurveGroup> groups_of(
    const std::vector<analysis::RunAnalysis>& runs) {
  std::vector<sweep::Cell> all;
  for (const auto& run : runs) {
    for (const auto& cell : run.summary.cells) {
      all.push_back(cell.cell);
    }
  }
  const analysis::CellLabels names(all);
  std::vector<CurveGroup> groups;
  for (size_t run = 0; run < runs.size(); ++run) {
    for (const auto& cell : runs[run].summary.cells) {
      if (cell.cell.page_condition || cell.cell.token_condition) {
        continue;
      }
      const auto setting = names.setting(cell.cell);
      auto found =
          std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
            return group.run == run && group.setting == setting;
          });
      if (found == groups.end()) {
        groups.push_back({run, setting, {}});
        found = groups.end() - 1;
      }
      found->cells.push_back(&cell);
    }
  }
  return groups;
}

/// Builds the series of a curve, group by group.
class CurveSeries {
 public:
  CurveSeries(std::string metric, bool only_group)
      : metric_(std::move(metric)), only_group_(only_group) {}

  void add_group(const std::string& name, const CellList& cells, int style) {
    const auto prefix = name.empty() ? "" : name + ": ";
    const auto text = select_text(cells, conditions::kNaturalText);
    auto series = styled_series(style, name.empty() ? "held-out text" : name);
    add(series, text, metrics_of_all_pages);

    auto unlooped = styled_series(style, prefix + "without looped pages");
    unlooped.filled = false;
    unlooped.line = false;
    add(unlooped, looped_cells(text), metrics_without_loops);

    auto letters = styled_series(style, prefix + "random letters");
    letters.colour += only_group_ ? 1 : 0;
    letters.filled = only_group_;
    letters.marker = Marker::kDiamond;
    letters.line = false;
    add(letters, select_text(cells, "random_letters"), metrics_of_all_pages);

    auto words = styled_series(style, prefix + "shuffled words");
    words.colour += only_group_ ? 2 : 0;
    words.filled = false;
    words.marker = Marker::kSquare;
    words.line = false;
    add(words, select_text(cells, "shuffled_words"), metrics_of_all_pages);

    add_floor(
        prefix + "wrong page", "7 4", text, style, [
        ](const analysis::CellSummary& cell) -> auto& {
          return cell.wrong_page;
        });
    add_floor(
        prefix + "blank page", "2 4", text, style, [
        ](const analysis::CellSummary& cell) -> auto& {
          return cell.blank_page;
        });
  }

  std::vector<ChartSeries> series;

 private:
  static CellList select_text(const CellList& cells, const char* text) {
    CellList chosen;
    for (const auto* cell : cells) {
      if (cell->cell.text_condition == text) {
        chosen.push_back(cell);
      }
    }
    return chosen;
  }

  template <typename Select>
  void add(ChartSeries added, const CellList& cells, const Select& select) {
    added.points = metric_points(
        cells,
        metric_,
        added.name,
        [](const analysis::CellSummary& cell) { return cell.ratios.nominal; },
        select);
    if (!added.points.empty()) {
      series.push_back(std::move(added));
    }
  }

  /// A floor is a dashed line, or a marker for a single point.
  template <typename Select>
  void add_floor(
      const std::string& name,
      const char* dashes,
      const CellList& cells,
      int style,
      const Select& select) {
    auto floor = styled_series(style, name);
    floor.dashes = dashes;
    floor.filled = false;
    floor.marker = cells.size() > 1 ? Marker::kNone : Marker::kTriangle;
    const size_t before = series.size();
    add(floor, cells, select);
    if (series.size() > before) {
      for (auto& point : series.back().points) {
        point.interval.reset();
      }
    }
  }

  std::string metric_;
  bool only_group_;
};

ChartSeries paper_series(const std::string& mode) {
  ChartSeries series;
  series.colour = -1;
  series.marker = mode == "tiny" ? Marker::kTriangle : Marker::kSquare;
  series.filled = false;
  series.dashes = "1 3";
  for (const auto& point : analysis::paper_points()) {
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

Chart make_curve(
    const std::vector<analysis::RunAnalysis>& runs,
    const std::string& metric) {
  const auto groups = groups_of(runs);
  std::set<std::string> settings;
  for (const auto& group : groups) {
    settings.insert(group.setting);
  }
  CurveSeries drawn(metric, groups.size() == 1);
  int style = 0;
  for (const auto& group : groups) {
    auto name = runs.size() > 1 ? runs[group.run].name : "";
    if (settings.size() > 1) {
      name += (name.empty() ? "" : ", ") + group.setting;
    }
    drawn.add_group(name, group.cells, style++);
  }
  Chart chart;
  chart.title = metric_title(metric) + " over compression ratio";
  chart.description =
      "One point per cell with its 95 % interval. The floor is the score of "
      "readings of other pages. Curves of precision show the points of the "
      "DeepSeek-OCR paper in grey.";
  chart.x = {"compression ratio: text tokens over vision tokens (log scale)"};
  chart.x.log = true;
  chart.x.unit = "\u00d7";
  chart.y = metric_axis(metric);
  chart.series = std::move(drawn.series);
  // The paper's precision can only be compared with these.
  if (metric == "set_precision" || metric == "edit_similarity") {
    chart.series.push_back(paper_series("tiny"));
    chart.series.push_back(paper_series("small"));
  }
  return chart;
}

} // namespace microfiche::report
