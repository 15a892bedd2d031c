#include "analysis/summary_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/cell_labels.h"
#include "core/error.h"
#include "core/plural.h"
#include "metrics/interval_text.h"

namespace microfiche::analysis {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

/// "5.69x"; without vision tokens there is no ratio.
std::string ratio_text(double ratio) {
  return std::isfinite(ratio) ? fixed(ratio, 2) + "x" : "-";
}

} // namespace

Table full_table(const RunSummary& summary) {
  Table table;
  table.header = {
      "mode",
      "text",
      "style",
      "asked_characters_per_token",
      "asked_text_tokens_lower",
      "asked_text_tokens_upper",
      "pages",
      "text_tokens",
      "model_text_tokens",
      "characters",
      "characters_per_token",
      "vision_tokens_nominal",
      "vision_tokens_valid",
      "vision_tokens_positions",
      "compression_ratio_nominal",
      "compression_ratio_valid",
      "compression_ratio_positions"};
  const auto add_columns = [&](const std::string& name) {
    for (const char* end : {"", "_low", "_high", "_bca_low", "_bca_high"}) {
      table.header.push_back(name + end);
    }
  };
  for (const auto& name : metrics::metric_names()) {
    add_columns(name);
  }
  for (const char* set : {"without_loops", "wrong_page", "blank_page"}) {
    add_columns(concat(set, "_", summary.headline));
  }
  table.header.insert(
      table.header.end(),
      {"skill",
       "bits_per_character",
       "seconds_render",
       "seconds_encode",
       "seconds_prefill",
       "seconds_decode",
       "pages_without_loops",
       "length_stopped_rate",
       "profile",
       "normalization"});
  for (const auto& cell : summary.cells) {
    const auto& bin = cell.cell.text_tokens;
    std::vector<std::string> row = {
        cell.cell.mode,
        content_label(cell.cell),
        cell.cell.style,
        exact(cell.cell.characters_per_token.value_or(kNoValue)),
        bin ? std::to_string(bin->first) : "",
        bin ? std::to_string(bin->second) : "",
        std::to_string(cell.pages)};
    const auto add = [&](double value) { row.push_back(exact(value)); };
    for (const double value :
         {cell.text_tokens,
          cell.model_text_tokens,
          cell.characters,
          cell.characters_per_token,
          cell.vision_tokens.nominal,
          cell.vision_tokens.valid,
          cell.vision_tokens.positions,
          cell.ratios.nominal,
          cell.ratios.valid,
          cell.ratios.positions}) {
      add(value);
    }
    const auto add_interval = [&](const metrics::Interval& interval) {
      add(interval.mean);
      add(interval.low);
      add(interval.high);
      add(interval.bca_low);
      add(interval.bca_high);
    };
    for (const auto& interval : cell.metrics) {
      add_interval(interval);
    }
    for (const auto* set :
         {&cell.without_loops, &cell.wrong_page, &cell.blank_page}) {
      add_interval(
          set->empty()
              ? metrics::
                    Interval{kNoValue, kNoValue, kNoValue, kNoValue, kNoValue}
              : metrics::find_metric(*set, summary.headline));
    }
    for (const double value :
         {cell.skill,
          cell.bits_per_character,
          cell.seconds.render,
          cell.seconds.encode,
          cell.seconds.prefill,
          cell.seconds.decode}) {
      add(value);
    }
    row.insert(
        row.end(),
        {std::to_string(cell.pages_without_loops),
         exact(cell.length_stopped_rate),
         summary.profile,
         summary.normalization});
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table overview_table(const RunSummary& summary) {
  // The style column is left out if all rows are equal.
  const bool styles = std::any_of(
      summary.cells.begin(), summary.cells.end(), [&](const auto& cell) {
        return cell.cell.style != summary.cells.front().cell.style;
      });
  Table table;
  table.header = {
      "mode",
      "text",
      "length",
      "pages",
      "ratio",
      "valid",
      "positions",
      summary.headline,
      "BCa",
      "set precision",
      "wrong page",
      "blank",
      "skill",
      "loops",
      "cut off",
      "s/page"};
  if (styles) {
    table.header.insert(table.header.begin() + 2, "style");
  }
  const bool loops = has_loops(summary);
  if (loops) {
    table.header.push_back("without loops");
  }
  for (const auto& cell : summary.cells) {
    const auto floor = [&](const metrics::MetricIntervals& intervals) {
      return intervals.empty()
          ? std::string("-")
          : fixed(metrics::find_metric(intervals, summary.headline).mean, 3);
    };
    const auto& seconds = cell.seconds;
    const auto& score = metrics::find_metric(cell.metrics, summary.headline);
    table.rows.push_back(
        {cell.cell.mode,
         content_label(cell.cell),
         short_length_label(cell.cell),
         std::to_string(cell.pages),
         ratio_text(cell.ratios.nominal),
         ratio_text(cell.ratios.valid),
         ratio_text(cell.ratios.positions),
         metrics::interval_text(score),
         metrics::ends_text(score.bca_low, score.bca_high),
         fixed(metrics::find_metric(cell.metrics, "set_precision").mean, 3),
         floor(cell.wrong_page),
         floor(cell.blank_page),
         fixed(cell.skill, 3),
         fixed(metrics::find_metric(cell.metrics, "loop_rate").mean, 2),
         fixed(cell.length_stopped_rate, 2),
         fixed(
             seconds.render + seconds.encode + seconds.prefill + seconds.decode,
             3)});
    auto& row = table.rows.back();
    if (styles) {
      row.insert(row.begin() + 2, cell.cell.style);
    }
    if (loops) {
      const auto& kept =
          metrics::find_metric(cell.without_loops, summary.headline);
      row.push_back(concat(
          metrics::interval_text(kept),
          ", ",
          count_of(cell.pages_without_loops, "page")));
    }
  }
  return table;
}

bool has_loops(const RunSummary& summary) {
  return std::any_of(
      summary.cells.begin(), summary.cells.end(), [](const auto& cell) {
        return cell.pages_without_loops < cell.pages;
      });
}

std::string method_note(const RunSummary& summary) {
  return concat(
      "Profile ",
      summary.profile,
      ", normalisation ",
      summary.normalization,
      ". Intervals: bootstrap over pages, 95 %, ",
      metrics::kBootstrapResamples,
      " resamples, percentile and BCa.");
}

std::string few_pages_note(const RunSummary& summary) {
  std::vector<std::pair<std::string, int64_t>> cells;
  for (const auto& cell : summary.cells) {
    cells.emplace_back(sweep::name_of(cell.cell), cell.pages);
  }
  return metrics::few_pages_text(cells);
}

std::string summary_notes(const RunSummary& summary) {
  const auto few = few_pages_note(summary);
  return method_note(summary) + (few.empty() ? "" : " " + few);
}

} // namespace microfiche::analysis
