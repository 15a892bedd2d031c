#include "report/cost_charts.h"

#include <algorithm>
#include <map>

#include "analysis/cell_labels.h"
#include "core/error.h"
#include "report/metric_points.h"

namespace microfiche::report {

std::vector<analysis::CellCost> select_costs(
    const std::vector<analysis::CellCost>& costs) {
  std::vector<analysis::CellCost> chosen;
  std::copy_if(
      costs.begin(),
      costs.end(),
      std::back_inserter(chosen),
      [](const auto& cost) {
        return cost.cell == sweep::without_conditions(cost.cell);
      });
  return chosen.empty() ? costs : chosen;
}

Chart make_seconds_chart(const std::vector<analysis::CellCost>& costs) {
  const auto names = analysis::CellLabels::of(costs);
  Chart chart;
  chart.title = "Time per page, by stage";
  chart.description =
      "One bar per cell: milliseconds per page for encoding, prefill and decoding, "
      "stacked.";
  chart.x.label = "ms per page";
  chart.y.label = "cell";
  const auto add =
      [&](const char* name, int colour, double analysis::CellCost::*seconds) {
        ChartSeries bars;
        bars.name = name;
        bars.colour = colour;
        bars.marker = Marker::kBar;
        bars.line = false;
        for (size_t i = 0; i < costs.size(); ++i) {
          const double ms = 1000 * (costs[i].*seconds);
          bars.points.push_back(
              {ms,
               static_cast<double>(i),
               std::nullopt,
               concat(
                   names.full(costs[i].cell),
                   ": ",
                   name,
                   " ",
                   fixed(ms, 2),
                   " ms")});
        }
        chart.series.push_back(std::move(bars));
      };
  add("encode", 0, &analysis::CellCost::encode_seconds);
  add("prefill", 1, &analysis::CellCost::prefill_seconds);
  add("decode", 2, &analysis::CellCost::decode_seconds);
  for (const auto& cost : costs) {
    chart.y.names.push_back(names.full(cost.cell));
  }
  return chart;
}

Chart make_precision_over_cost_chart(
    const std::vector<analysis::CellCost>& costs,
    const analysis::RunSummary& summary) {
  const auto names = analysis::CellLabels::of(costs);
  std::vector<std::string> settings;
  std::map<std::string, std::vector<const analysis::CellSummary*>> groups;
  std::map<const analysis::CellSummary*, double> milliseconds;
  for (const auto& cost : costs) {
    const auto cell = std::find_if(
        summary.cells.begin(), summary.cells.end(), [&](const auto& other) {
          return other.cell == cost.cell;
        });
    if (cell != summary.cells.end()) {
      const auto setting = names.setting(cost.cell);
      if (!groups.contains(setting)) {
        settings.push_back(setting);
      }
      groups[setting].push_back(&*cell);
      milliseconds[&*cell] = 1000 * cost.seconds();
    }
  }
  const auto x = [&](const analysis::CellSummary& cell) {
    return milliseconds.at(&cell);
  };
  Chart chart;
  chart.title = metric_title(summary.headline) + " over time";
  chart.description =
      "One point per cell: the mean with its 95 % interval over the time per page. "
      "Lines join the cells of a setting.";
  chart.x.label = "ms per page: encode, prefill and decode (log scale)";
  chart.x.log = true;
  chart.y = metric_axis(summary.headline);
  int style = 0;
  for (const auto& setting : settings) {
    const auto& cells = groups[setting];
    auto series = styled_series(style, setting);
    series.points = metric_points(
        cells, summary.headline, setting, x, metrics_of_all_pages);
    chart.series.push_back(std::move(series));
    auto unlooped = styled_series(style, setting + " without looped pages");
    unlooped.filled = false;
    unlooped.line = false;
    unlooped.points = metric_points(
        looped_cells(cells),
        summary.headline,
        unlooped.name,
        x,
        metrics_without_loops);
    if (!unlooped.points.empty()) {
      chart.series.push_back(std::move(unlooped));
    }
    ++style;
  }
  return chart;
}

Chart make_cache_chart(const std::vector<analysis::CellCost>& costs) {
  const auto names = analysis::CellLabels::of(costs);
  Chart chart;
  chart.title = "KV cache of a page and of its text";
  chart.description =
      "One row per cell: the size of the decoder's KV cache for the vision tokens "
      "of a page, and for the same text as text tokens.";
  chart.x.label = "KiB (log scale)";
  chart.x.log = true;
  chart.y.label = "cell";
  auto page = styled_series(0, "page");
  auto text = styled_series(3, "text, in the model's text tokens");
  page.line = false;
  text.line = false;
  text.filled = false;
  for (size_t i = 0; i < costs.size(); ++i) {
    const auto row = static_cast<double>(i);
    const auto name = names.full(costs[i].cell);
    const double page_kib = costs[i].page_cache_bytes / 1024;
    const double text_kib = costs[i].text_cache_bytes / 1024;
    chart.y.names.push_back(name);
    const auto tooltip = concat(
        name,
        ": page ",
        fixed(page_kib, 1),
        " KiB, text ",
        fixed(text_kib, 1),
        " KiB, ",
        fixed(text_kib / page_kib, 2),
        " times the page");
    page.points.push_back({page_kib, row, std::nullopt, tooltip});
    text.points.push_back({text_kib, row, std::nullopt, tooltip});
    ChartSeries between;
    between.colour = -1;
    between.marker = Marker::kNone;
    between.points = {{page_kib, row}, {text_kib, row}};
    chart.series.push_back(between);
  }
  chart.series.push_back(std::move(page));
  chart.series.push_back(std::move(text));
  return chart;
}

} // namespace microfiche::report
