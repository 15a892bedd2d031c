#include "report/conditions_chart.h"

#include <algorithm>
#include <map>

#include "analysis/cell_labels.h"
#include "core/error.h"
#include "metrics/interval_text.h"
#include "report/metric_points.h"

namespace microfiche::report {
namespace {

constexpr const char* kUntouched = "untouched";

/// Distance of the dots in one row, in SVG units.
constexpr double kDotSpacing = 11;

/// A dot: one condition of one base cell. A base cell has no conditions.
struct Dot {
  std::string kind;
  std::string row;
  size_t base;

  /// How much worse than the base cell.
  double drop;
  metrics::Interval score;
  int64_t pages;
  std::string tooltip;
  const analysis::CellSummary* cell;
};

/// A condition without its strengths: "rotation" of "rotation:3".
std::string kind_of(const std::string& condition) {
  std::string kind;
  bool strength = false;
  for (const char c : condition) {
    strength = c == ':' || (strength && c != '+' && c != ' ');
    if (!strength) {
      kind += c;
    }
  }
  return kind;
}

std::string with_pages(const std::string& name, int64_t pages) {
  return pages < metrics::kFewPages ? concat(name, " (n = ", pages, ")") : name;
}

class ConditionsChart {
 public:
  ConditionsChart(
      const std::vector<analysis::ConditionEffect>& effects,
      const analysis::RunSummary& summary)
      : summary_(summary) {
    for (const auto* cell : cells_without_conditions(summary)) {
      const bool treated =
          std::any_of(effects.begin(), effects.end(), [&](const auto& effect) {
            return sweep::without_conditions(effect.cell) == cell->cell;
          });
      if (treated) {
        add_base(*cell);
      }
    }
    for (const auto& effect : effects) {
      add_effect(effect);
    }
    order_rows();
  }

  Chart draw() const {
    Chart chart;
    chart.title = metric_title(summary_.headline) + " under each condition";
    chart.description =
        "One row per condition: the mean as a dot with its 95 % interval. Dashed "
        "lines are the untouched cells. Lines join the conditions of one kind in "
        "the order of their strengths.";
    chart.x = metric_axis(summary_.headline);
    chart.y.label = "condition";
    chart.y.names = rows_;
    chart.row_height = row_height();
    const analysis::CellLabels names(bases_);
    for (size_t base = 0; base < bases_.size(); ++base) {
      const auto style = static_cast<int>(base);
      const auto name = names.setting_and_length(bases_[base]);
      add_guides(chart, base);
      auto dots = styled_series(style, name);
      dots.line = false;
      auto unlooped = styled_series(style, name + " without looped pages");
      unlooped.line = false;
      unlooped.filled = false;
      for (const auto& dot : dots_) {
        if (dot.base == base) {
          dots.points.push_back(make_point(dot, dot.score, dot.tooltip));
          add_without_loops(unlooped, dot);
        }
      }
      chart.series.push_back(std::move(dots));
      if (!unlooped.points.empty()) {
        chart.series.push_back(std::move(unlooped));
      }
    }
    return chart;
  }

 private:
  void add_base(const analysis::CellSummary& cell) {
    const size_t base = bases_.size();
    bases_.push_back(cell.cell);
    const auto& score = metrics::find_metric(cell.metrics, summary_.headline);
    dots_.push_back(
        {kUntouched,
         kUntouched,
         base,
         0,
         score,
         cell.pages,
         concat(kUntouched, ": ", score_text(score, cell.pages)),
         &cell});
    if (!cell.wrong_page.empty()) {
      const auto& floor =
          metrics::find_metric(cell.wrong_page, summary_.headline);
      const std::string name = "wrong page (floor)";
      dots_.push_back(
          {name,
           name,
           base,
           score_drop(floor.mean - score.mean),
           floor,
           cell.pages,
           concat(name, ": ", score_text(floor, cell.pages)),
           nullptr});
    }
  }

  void add_effect(const analysis::ConditionEffect& effect) {
    const auto base = std::find(
        bases_.begin(), bases_.end(), sweep::without_conditions(effect.cell));
    const auto& gap = effect.gap.difference;
    const auto condition = analysis::condition_label(effect.cell);
    auto tooltip = concat(
        condition,
        ": ",
        score_text(effect.score, effect.pages),
        "; gap to untouched ",
        metrics::interval_text(gap),
        ", Holm p ",
        fixed(effect.holm_p_value, 4));
    if (effect.is_floor) {
      tooltip += concat("; skill above this floor ", fixed(effect.skill, 3));
    }
    const auto cell = std::find_if(
        summary_.cells.begin(), summary_.cells.end(), [&](const auto& other) {
          return other.cell == effect.cell;
        });
    dots_.push_back(
        {kind_of(condition),
         with_pages(
             condition + (effect.is_floor ? " (floor)" : ""), effect.pages),
         static_cast<size_t>(base - bases_.begin()),
         score_drop(gap.mean),
         effect.score,
         effect.pages,
         tooltip,
         &*cell});
  }

  double score_drop(double gap) const {
    return summary_.higher_is_better ? -gap : gap;
  }

  /// Sorts kinds by their most harmful condition. The conditions of a kind keep
  /// the order of the grid.
  void order_rows() {
    std::map<std::string, double> drops;
    for (const auto& dot : dots_) {
      const auto [found, added] = drops.emplace(dot.kind, dot.drop);
      found->second = std::max(found->second, dot.drop);
    }
    // Harmless conditions stay below the untouched cells.
    drops[kUntouched] = -std::numeric_limits<double>::infinity();
    std::stable_sort(
        dots_.begin(), dots_.end(), [&](const Dot& a, const Dot& b) {
          return std::pair(drops[a.kind], a.kind) <
              std::pair(drops[b.kind], b.kind);
        });
    for (const auto& dot : dots_) {
      if (std::find(rows_.begin(), rows_.end(), dot.row) == rows_.end()) {
        rows_.push_back(dot.row);
      }
    }
  }

  double row_position(const Dot& dot) const {
    const auto row = std::find(rows_.begin(), rows_.end(), dot.row);
    const double middle = static_cast<double>(bases_.size() - 1) / 2;
    return static_cast<double>(row - rows_.begin()) +
        kDotSpacing / row_height() * (static_cast<double>(dot.base) - middle);
  }

  double row_height() const {
    return 14 + kDotSpacing * static_cast<double>(bases_.size());
  }

  ChartPoint make_point(
      const Dot& dot,
      const metrics::Interval& score,
      const std::string& tooltip) const {
    return {score.mean, row_position(dot), interval_ends(score), tooltip};
  }

  void add_without_loops(ChartSeries& unlooped, const Dot& dot) const {
    if (dot.cell != nullptr && !looped_cells({dot.cell}).empty()) {
      const auto& score =
          metrics::find_metric(dot.cell->without_loops, summary_.headline);
      auto point = make_point(
          dot,
          score,
          concat(
              dot.row,
              ", without looped pages: ",
              score_text(score, dot.cell->pages_without_loops)));
      point.y += kDotSpacing / 2 / row_height();
      unlooped.points.push_back(std::move(point));
    }
  }

  /// Adds the line of the untouched cell and the lines that join the strengths
  /// of a kind.
  void add_guides(Chart& chart, size_t base) const {
    ChartSeries guide;
    guide.colour = static_cast<int>(base);
    guide.marker = Marker::kNone;
    std::map<std::string, std::vector<ChartPoint>> kinds;
    for (const auto& dot : dots_) {
      if (dot.base == base && dot.kind != kUntouched) {
        kinds[dot.kind].push_back({dot.score.mean, row_position(dot)});
      }
      if (dot.base == base && dot.kind == kUntouched) {
        guide.dashes = "2 5";
        guide.points = {
            {dot.score.mean, -0.5},
            {dot.score.mean, static_cast<double>(rows_.size()) - 0.5}};
        chart.series.push_back(guide);
      }
    }
    guide.dashes.clear();
    for (const auto& [kind, points] : kinds) {
      if (points.size() > 1) {
        guide.points = points;
        chart.series.push_back(guide);
      }
    }
  }

  const analysis::RunSummary& summary_;
  std::vector<sweep::Cell> bases_;
  std::vector<Dot> dots_;
  std::vector<std::string> rows_;
};

} // namespace

std::optional<Chart> make_conditions_chart(
    const std::vector<analysis::ConditionEffect>& effects,
    const analysis::RunSummary& summary) {
  if (effects.empty()) {
    return std::nullopt;
  }
  return ConditionsChart(effects, summary).draw();
}

std::optional<Chart> make_altered_words_chart(
    const std::vector<analysis::ConditionEffect>& effects) {
  std::vector<const analysis::ConditionEffect*> altering;
  std::vector<sweep::Cell> cells;
  for (const auto& effect : effects) {
    if (effect.altered.words > 0) {
      altering.push_back(&effect);
      cells.push_back(effect.cell);
    }
  }
  if (altering.empty()) {
    return std::nullopt;
  }
  const analysis::CellLabels names(cells);
  Chart chart;
  chart.title = "How altered words were read";
  chart.description =
      "One bar per condition: the shares of the altered words that were read as "
      "on the page, corrected to the original word, or read as something else.";
  chart.x.label = "share of the altered words";
  chart.x.range = std::pair(0.0, 1.0);
  chart.y.label = "condition";
  const auto add = [&](const char* name, int colour, auto&& count) {
    ChartSeries bars;
    bars.name = name;
    bars.colour = colour;
    bars.marker = Marker::kBar;
    bars.line = false;
    for (size_t i = 0; i < altering.size(); ++i) {
      const auto& altered = altering[i]->altered;
      const auto words = static_cast<double>(altered.words);
      const int64_t counted = count(altered);
      bars.points.push_back(
          {static_cast<double>(counted) / words,
           static_cast<double>(i),
           std::nullopt,
           concat(
               names.full(altering[i]->cell),
               ": ",
               name,
               " ",
               counted,
               " of ",
               altered.words,
               " words")});
    }
    chart.series.push_back(std::move(bars));
  };
  add("as on the page", 0, [](const auto& words) { return words.read; });
  add("corrected", 1, [](const auto& words) { return words.corrected; });
  add("something else", 2, [](const auto& words) {
    return words.words - words.read - words.corrected;
  });
  for (const auto& cell : cells) {
    chart.y.names.push_back(names.full(cell));
  }
  return chart;
}

} // namespace microfiche::report
