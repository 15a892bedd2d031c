#include "memory/curve/curve_charts.h"

#include "core/error.h"
#include "core/plural.h"
#include "memory/curve/curve_tables.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

namespace microfiche::memory::curve {
namespace {

using report::Chart;
using report::ChartPoint;
using report::ChartSeries;
using report::Marker;

/// A little more than all, so that a marker at 1 is whole.
constexpr std::pair<double, double> kShares = {0, 1.03};

std::vector<std::string> bin_names(const RecallCurve& curve) {
  std::vector<std::string> names;
  for (const auto& bin : curve.bins) {
    names.push_back(text_of(bin));
  }
  return names;
}

std::string share_tooltip(
    const std::string& name,
    const metrics::Proportion& share) {
  return concat(
      name,
      ": ",
      share_text(share),
      ", ",
      share.correct,
      " of ",
      count_of(share.probes, "question"));
}

std::vector<ChartPoint> method_points(
    const MethodRecall& method,
    const RecallCurve& curve,
    bool intervals) {
  std::vector<ChartPoint> points;
  for (size_t bin = 0; bin < curve.bins.size(); ++bin) {
    const auto& share = method.bins[bin].share;
    if (share.probes == 0) {
      continue;
    }
    ChartPoint point;
    point.x = static_cast<double>(bin);
    point.y = share.share;
    if (intervals) {
      point.interval = std::pair(share.low, share.high);
    }
    point.tooltip = share_tooltip(
        concat(
            title_of(method.method),
            ", age ",
            text_of(curve.bins[bin]),
            ", ",
            curve.bin_modes[bin]),
        share);
    points.push_back(std::move(point));
  }
  return points;
}

ChartSeries line_of(
    const std::string& name,
    const std::vector<double>& values,
    int colour,
    const std::string& dashes) {
  ChartSeries series;
  series.name = name;
  series.colour = colour;
  series.marker = Marker::kNone;
  series.dashes = dashes;
  for (size_t i = 0; i < values.size(); ++i) {
    ChartPoint point;
    point.x = static_cast<double>(i);
    point.y = values[i];
    series.points.push_back(std::move(point));
  }
  return series;
}

/// Colours of `kOutcomes`, -1 for grey; neighbours differ in their fill too.
constexpr std::array<int, std::size(kOutcomes)> kOutcomeColours =
    {0, -1, 1, 2, 4, 3};

/// Series of a budget front: one per policy of the subject, one per other
/// method.
std::string series_name(
    const BudgetFront& front,
    const FrontPoint& point,
    const CurveOptions& options) {
  if (point.method != options.method) {
    return title_of(point.method);
  }
  const auto& name = front.all_series[point.series].name;
  return name.substr(0, name.rfind(','));
}

ChartPoint front_point(const BudgetFront& front, const FrontPoint& point) {
  ChartPoint drawn;
  drawn.x = point.positions;
  drawn.y = point.recall.share.share;
  drawn.interval = std::pair(point.recall.share.low, point.recall.share.high);
  drawn.tooltip = share_tooltip(
      concat(front.all_series[point.series].name, ", ", title_of(point.method)),
      point.recall.share);
  return drawn;
}

void sort_by_x(std::vector<ChartPoint>& points) {
  std::stable_sort(
      points.begin(), points.end(), [](const auto& a, const auto& b) {
        return a.x < b.x;
      });
}

} // namespace

report::ReportFigure recall_figure(const RecallCurve& curve) {
  Chart chart;
  chart.title = "Recall over age";
  chart.description = concat(
      "Share of correct answers by age in ",
      name_of(curve.options.unit),
      ", newest first, with its floor and baselines.");
  chart.x.label = concat("age in ", name_of(curve.options.unit));
  chart.x.names = bin_names(curve);
  chart.y.label = "recall";
  chart.y.range = kShares;
  int style = 0;
  for (const auto& method : curve.methods) {
    const bool subject = &method == &curve.subject();
    if (!subject &&
        (method.method == kFloorMethod || method.method == kBlankMethod)) {
      continue;
    }
    auto series = report::styled_series(style, title_of(method.method));
    series.filled = subject;
    series.points = method_points(method, curve, subject);
    chart.series.push_back(std::move(series));
    ++style;
  }
  if (!curve.fits.empty()) {
    const auto& best = curve.fits.front();
    chart.series.push_back(
        line_of(title_of(best.form) + " fit", curve.best_fit, 5, "2 3"));
    if (best.form != metrics::ForgettingForm::kStep) {
      chart.series.push_back(line_of("step fit", curve.step_fit, 5, "9 3"));
    }
  }
  for (const auto& method : curve.methods) {
    if (&method == &curve.subject()) {
      continue;
    }
    if (method.method == kFloorMethod || method.method == kBlankMethod) {
      std::vector<double> shares;
      for (const auto& bin : method.bins) {
        shares.push_back(bin.share.share);
      }
      chart.series.push_back(line_of(
          title_of(method.method),
          shares,
          -1,
          method.method == kFloorMethod ? "7 4" : "2 4"));
    }
  }
  return {
      "recall",
      std::move(chart),
      concat(
          "Age counts newer ",
          name_of(curve.options.unit),
          ". Bars and the band are 95 % intervals. ",
          curve.fits.empty()
              ? ""
              : "Fits are by binomial likelihood at the exact ages; the lines "
                "are their means in each bin. ",
          curve.is_sketch() ? "A sketch: an age has too few questions." : "")};
}

report::ReportFigure outcome_figure(const RecallCurve& curve) {
  Chart chart;
  chart.title = "Outcomes over age";
  chart.description =
      "Shares of right, wrong and missing answers by age, newest first.";
  chart.x.label = "share of answers";
  chart.x.range = std::pair(0.0, 1.0);
  chart.y.label = concat("age, ", name_of(curve.options.unit));
  chart.y.names = bin_names(curve);
  for (size_t outcome = 0; outcome < std::size(kOutcomes); ++outcome) {
    ChartSeries series;
    series.name = title_of(std::string(name_of(kOutcomes[outcome])));
    series.colour = kOutcomeColours[outcome];
    series.marker = Marker::kBar;
    for (size_t bin = 0; bin < curve.bins.size(); ++bin) {
      const auto& recall = curve.subject().bins[bin];
      const int64_t count = recall.outcomes[outcome];
      ChartPoint point;
      point.x =
          static_cast<double>(count) / static_cast<double>(recall.share.probes);
      point.y = static_cast<double>(bin);
      point.tooltip = concat(
          series.name,
          ", age ",
          text_of(curve.bins[bin]),
          ": ",
          count,
          " of ",
          recall.share.probes);
      series.points.push_back(std::move(point));
    }
    chart.series.push_back(std::move(series));
  }
  return {
      "outcomes",
      std::move(chart),
      "Each row is an age in " + name_of(curve.options.unit) +
          ", the newest at the top."};
}

report::ReportFigure place_figure(const RecallCurve& curve) {
  Chart chart;
  chart.title = "Recall over age and place";
  chart.description =
      "A heat map: each tile is the share of correct answers to questions of "
      "one age about values in one quarter of the text of a page; brighter "
      "tiles are higher.";
  chart.x.label = "where the value stands in the text of its page";
  chart.y.label = concat("age, ", name_of(curve.options.unit));
  chart.y.names = bin_names(curve);
  chart.row_height = 34;
  ChartSeries tiles;
  tiles.marker = Marker::kTile;
  tiles.line = false;
  for (size_t place = 0; place < curve.places.size(); ++place) {
    chart.x.names.push_back(place_name(place));
    for (size_t bin = 0; bin < curve.bins.size(); ++bin) {
      const auto& share = curve.places[place].bins[bin].share;
      if (share.probes == 0) {
        continue;
      }
      ChartPoint tile;
      tile.x = static_cast<double>(place);
      tile.y = static_cast<double>(bin);
      tile.value = share.share;
      tile.label = fixed(share.share, 2);
      tile.tooltip = share_tooltip(
          concat(
              place_name(place),
              ", age ",
              text_of(curve.bins[bin]),
              ", ",
              curve.bin_modes[bin]),
          share);
      tiles.points.push_back(std::move(tile));
    }
  }
  chart.series.push_back(std::move(tiles));
  return {
      "place",
      std::move(chart),
      "Each row is an age, the newest at the top. A page may be partly empty: "
      "quarters are of its text."};
}

report::ReportFigure cost_figure(const RecallCurve& curve) {
  Chart chart;
  chart.title = "Positions per remembered fact";
  chart.description =
      "Positions of the decoder's context per remembered fact, by mode.";
  chart.x.label = "positions per remembered fact";
  ChartSeries series;
  series.marker = Marker::kBar;
  for (const auto& mode : curve.modes) {
    if (mode.cost.positions == 0) {
      continue;
    }
    const bool none = mode.remembered <= 0;
    ChartPoint point;
    point.x = none || std::isnan(mode.skill) ? NAN : mode.positions_per_fact;
    point.y = static_cast<double>(chart.y.names.size());
    point.tooltip = concat(
        mode.cost.mode,
        ": ",
        mode.cost.positions,
        " positions, ",
        fixed(mode.remembered, 1),
        " of ",
        count_of(mode.cost.facts, "fact"));
    chart.y.names.push_back(
        mode.cost.mode +
        (none                         ? " (none)"
             : std::isnan(mode.skill) ? " (not asked)"
                                      : ""));
    series.points.push_back(std::move(point));
  }
  chart.series.push_back(std::move(series));
  return {
      "positions_per_fact",
      std::move(chart),
      "Remembered facts are the facts on the pages of a mode times their skill, "
      "which is the recall above the floor. Fewer positions are better."};
}

report::ReportFigure front_figure(
    const BudgetFront& front,
    const CurveOptions& options) {
  Chart chart;
  chart.title = "Recall over budget";
  chart.description =
      "Share of correct answers over the positions of the context, for all "
      "plans with answers.";
  chart.x.label = "positions per question";
  chart.x.log = true;
  chart.y.label = "recall";
  chart.y.range = kShares;
  std::vector<std::string> names;
  std::vector<ChartPoint> best;
  // The policies first, so that their styles do not depend on the baselines.
  for (const bool subject : {true, false}) {
    for (const auto& point : front.points) {
      if ((point.method == options.method) != subject) {
        continue;
      }
      const auto name = series_name(front, point, options);
      auto found = std::find(names.begin(), names.end(), name);
      if (found == names.end()) {
        auto series =
            report::styled_series(static_cast<int>(names.size()), name);
        series.filled = subject;
        series.line = false;
        chart.series.push_back(std::move(series));
        names.push_back(name);
        found = names.end() - 1;
      }
      chart.series[static_cast<size_t>(found - names.begin())].points.push_back(
          front_point(front, point));
      if (point.on_front) {
        best.push_back({point.positions, point.recall.share.share});
      }
    }
  }
  for (auto& series : chart.series) {
    sort_by_x(series.points);
  }
  sort_by_x(best);
  auto line = report::reference_line(std::move(best));
  line.name = "front of the plans";
  chart.series.push_back(std::move(line));
  return {
      "budget_front",
      std::move(chart),
      front.common_facts > 0
          ? concat(
                "The questions about the ",
                count_of(front.common_facts, "fact"),
                " that were asked under every plan. Further left and further "
                "up is better.")
          : std::string(
                "No fact was asked under every plan, so the points have "
                "different questions. Ask the same ones to compare plans.")};
}

} // namespace microfiche::memory::curve
