#include "report/grid_charts.h"

#include <algorithm>
#include <map>
#include <set>

#include "analysis/cell_labels.h"
#include "core/error.h"
#include "metrics/interval_text.h"
#include "report/metric_points.h"

namespace microfiche::report {
namespace {

/// The index of a name in a list; appends a new name.
double index_in(std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  const auto place = found - names.begin();
  if (found == names.end()) {
    names.push_back(name);
  }
  return static_cast<double>(place);
}

double shortest_first(const analysis::CellSummary& cell) {
  return cell.cell.characters_per_token
      ? *cell.cell.characters_per_token
      : static_cast<double>(cell.cell.text_tokens->first);
}

ChartPoint tile_of(
    const analysis::CellSummary& cell,
    const std::string& metric) {
  const auto& interval = metrics::find_metric(cell.metrics, metric);
  ChartPoint tile;
  tile.value = interval.mean;
  tile.label = fixed(interval.mean, 3);
  if (cell.pages < metrics::kFewPages) {
    tile.label += concat(" (n = ", cell.pages, ")");
  }
  tile.tooltip = cell_tooltip(cell, "", interval, cell.pages);
  if (cell.pages_without_loops < cell.pages) {
    tile.tooltip += concat(
        "; without looped pages ",
        score_text(
            metrics::find_metric(cell.without_loops, metric),
            cell.pages_without_loops));
  }
  return tile;
}

} // namespace

std::optional<Chart> make_heat_map(const analysis::RunSummary& summary) {
  auto cells = cells_without_conditions(summary);
  const auto names = analysis::CellLabels::of(summary.cells);
  std::stable_sort(cells.begin(), cells.end(), [](auto* a, auto* b) {
    return shortest_first(*a) < shortest_first(*b);
  });
  Chart chart;
  ChartSeries tiles;
  tiles.marker = Marker::kTile;
  tiles.line = false;
  for (const auto& cell : summary.cells) {
    if (cell.cell == sweep::without_conditions(cell.cell)) {
      index_in(chart.y.names, names.setting(cell.cell));
    }
  }
  for (const auto* cell : cells) {
    auto tile = tile_of(*cell, summary.headline);
    tile.x = index_in(chart.x.names, analysis::short_length_label(cell->cell));
    tile.y = index_in(chart.y.names, names.setting(cell->cell));
    tiles.points.push_back(std::move(tile));
  }
  if (chart.x.names.size() < 2 || chart.y.names.size() < 2) {
    return std::nullopt;
  }
  chart.title = metric_title(summary.headline) + " by mode and length";
  chart.description = concat(
      "A heat map: each tile shows a mean; brighter tiles are higher. ",
      summary.higher_is_better ? "Higher is better." : "Lower is better.");
  const bool densities = cells.front()->cell.characters_per_token.has_value();
  chart.x.label =
      densities ? "characters per vision token (target)" : "text tokens";
  chart.y.label = "setting";
  chart.row_height = 44;
  chart.series.push_back(std::move(tiles));
  return chart;
}

std::optional<Chart> make_density_chart(
    const analysis::RunSummary& summary,
    DensityAxis axis) {
  const auto names = analysis::CellLabels::of(summary.cells);
  std::set<std::string> settings;
  for (const auto& cell : summary.cells) {
    settings.insert(names.setting(cell.cell));
  }
  std::vector<std::string> order;
  std::map<std::string, std::vector<const analysis::CellSummary*>> groups;
  std::set<std::string> texts;
  bool same_text_in_several_modes = false;
  for (const auto& cell : summary.cells) {
    // Conditions with a strength do not change lengths, and there are many.
    if (cell.cell.page_condition || cell.cell.token_condition ||
        cell.cell.text_condition.find(':') != std::string::npos) {
      continue;
    }
    const bool bin = cell.cell.text_tokens.has_value();
    auto name =
        bin ? analysis::length_label(cell.cell) : names.setting(cell.cell);
    if (!bin && settings.size() == 1) {
      name = cell.cell.text_condition;
    } else if (cell.cell.text_condition != conditions::kNaturalText) {
      name += ", " + cell.cell.text_condition;
    }
    index_in(order, name);
    groups[name].push_back(&cell);
    texts.insert(cell.cell.text_condition);
    same_text_in_several_modes = same_text_in_several_modes ||
        (bin && groups[name].front()->cell.mode != cell.cell.mode);
  }
  if (!same_text_in_several_modes && texts.size() < 2) {
    return std::nullopt;
  }
  const auto x = [&](const analysis::CellSummary& cell) {
    return axis == DensityAxis::kCompressionRatio ? cell.ratios.nominal
                                                  : cell.characters_per_token;
  };
  Chart chart;
  int style = 0;
  for (const auto& name : order) {
    const auto& cells = groups[name];
    const auto add = [&](ChartSeries series, const auto& of, auto&& select) {
      series.points = metric_points(of, summary.headline, "", x, select);
      if (!series.points.empty()) {
        chart.series.push_back(std::move(series));
      }
    };
    add(styled_series(style, name), cells, metrics_of_all_pages);
    auto unlooped = styled_series(style, name + " without looped pages");
    unlooped.filled = false;
    unlooped.line = false;
    add(unlooped, looped_cells(cells), metrics_without_loops);
    ++style;
  }
  const bool ratio = axis == DensityAxis::kCompressionRatio;
  chart.title = metric_title(summary.headline) +
      (ratio ? " over ratio, by text" : " over density, by text");
  chart.description =
      "One line per text: a bin of lengths read with different numbers of vision "
      "tokens, or a kind of text.";
  chart.x.label = ratio ? "compression ratio (log scale)"
                        : "characters per vision token (log scale)";
  chart.x.log = true;
  chart.x.unit = ratio ? "\u00d7" : "";
  chart.y = metric_axis(summary.headline);
  return chart;
}

} // namespace microfiche::report
