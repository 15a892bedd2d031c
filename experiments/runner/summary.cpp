#include "experiments/runner/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/config.h"
#include "core/error.h"
#include "metrics/code_points.h"

namespace microfiche::experiments {
namespace {

using metrics::MetricIntervals;
using metrics::PageScores;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Readings of other pages that each page is scored against; more would change
/// the floor little and take long.
constexpr size_t kWrongPages = 8;

PageScores mean_of(const std::vector<PageScores>& scores) {
  PageScores mean;
  std::vector<double> sums(metrics::metric_names().size(), 0.0);
  for (const auto& score : scores) {
    const auto values = metrics::metric_values(score);
    for (size_t i = 0; i < values.size(); ++i) {
      sums[i] += values[i] / static_cast<double>(scores.size());
    }
  }
  size_t next = 0;
  const auto assign = [&](const char*, double& value) { value = sums[next++]; };
  visit_fields(assign, mean);
  return mean;
}

MetricIntervals score_wrong_pages(
    const std::vector<const Sample*>& samples,
    const metrics::Profile& profile,
    uint64_t seed) {
  const size_t n = samples.size();
  if (n < 2) {
    return {};
  }
  std::vector<PageScores> pages;
  for (size_t i = 0; i < n; ++i) {
    std::vector<PageScores> others;
    for (size_t shift = 1; shift <= std::min(kWrongPages, n - 1); ++shift) {
      others.push_back(metrics::score_page(
          samples[i]->reference,
          samples[(i + shift) % n]->prediction,
          profile));
    }
    pages.push_back(mean_of(others));
  }
  return metrics::summarize(pages, seed);
}

MetricIntervals score_blank_page(
    const std::vector<const Sample*>& samples,
    const std::vector<BlankReading>& blanks,
    const metrics::Profile& profile,
    uint64_t seed) {
  const auto& cell = samples.front()->cell;
  const auto blank =
      std::find_if(blanks.begin(), blanks.end(), [&](const auto& reading) {
        return belongs_to(reading, cell);
      });
  if (blank == blanks.end()) {
    return {};
  }
  std::vector<PageScores> pages;
  for (const auto* sample : samples) {
    pages.push_back(
        metrics::score_page(sample->reference, blank->prediction, profile));
  }
  return metrics::summarize(pages, seed);
}

CellSummary summarize_cell(
    const Run& run,
    const std::vector<const Sample*>& samples,
    const metrics::Profile& profile) {
  CellSummary summary;
  summary.cell = samples.front()->cell;
  summary.pages = static_cast<int64_t>(samples.size());
  std::vector<PageScores> scores;
  double bits = 0;
  const double share = 1.0 / static_cast<double>(samples.size());
  for (const auto* sample : samples) {
    const auto add = [&](double& mean, double value) { mean += share * value; };
    add(summary.text_tokens, static_cast<double>(sample->text_tokens));
    add(summary.model_text_tokens,
        static_cast<double>(sample->model_text_tokens));
    add(summary.characters, static_cast<double>(sample->characters));
    const auto& tokens = sample->vision_tokens;
    add(summary.vision_tokens.nominal, static_cast<double>(tokens.nominal));
    add(summary.vision_tokens.valid, static_cast<double>(tokens.valid));
    add(summary.vision_tokens.positions, static_cast<double>(tokens.positions));
    add(summary.seconds.render, sample->seconds.render);
    add(summary.seconds.encode, sample->seconds.encode);
    add(summary.seconds.prefill, sample->seconds.prefill);
    add(summary.seconds.decode, sample->seconds.decode);
    bits -= sample->log_likelihood.value_or(kNan) / std::log(2.0);
    scores.push_back(sample->metrics);
  }
  summary.characters_per_token =
      summary.characters / summary.vision_tokens.nominal;
  summary.ratios =
      metrics::compression_ratios(summary.text_tokens, summary.vision_tokens);
  summary.metrics = metrics::summarize(scores, run.config.seed);
  summary.bits_per_character =
      bits / (summary.characters * static_cast<double>(summary.pages));
  summary.skill = kNan;
  if (run.config.controls.wrong_page) {
    summary.wrong_page = score_wrong_pages(samples, profile, run.config.seed);
  }
  if (run.config.controls.blank_page) {
    summary.blank_page =
        score_blank_page(samples, run.blanks, profile, run.config.seed);
  }
  return summary;
}

bool is_better_higher(const std::string& metric) {
  return metric != "normalized_edit_distance" && metric != "cer" &&
      metric != "wer";
}

/// Skill by a metric of which less is better is that of what it leaves to 1.
double skill_of(
    const CellSummary& cell,
    const std::string& headline,
    bool higher_is_better) {
  if (cell.wrong_page.empty()) {
    return kNan;
  }
  const double score = metrics::find_metric(cell.metrics, headline).mean;
  const double floor = metrics::find_metric(cell.wrong_page, headline).mean;
  return higher_is_better ? metrics::skill(score, floor)
                          : metrics::skill(1 - score, 1 - floor);
}

/// "10/token" or "600–700 tokens".
std::string short_length(const Cell& cell) {
  return cell.characters_per_token
      ? exact(*cell.characters_per_token) + "/token"
      : concat(
            cell.text_tokens->first,
            "\u2013",
            cell.text_tokens->second,
            " tokens");
}

std::string with_interval(const metrics::Interval& interval) {
  return concat(
      fixed(interval.mean, 3),
      " [",
      fixed(interval.low, 3),
      ", ",
      fixed(interval.high, 3),
      "]");
}

} // namespace

std::string content_name(const Cell& cell) {
  auto name = cell.text;
  for (const auto& [coordinate, value] : further_coordinates(cell)) {
    name += concat(", ", coordinate, " ", value);
  }
  return name;
}

std::string length_name(const Cell& cell) {
  if (cell.characters_per_token) {
    return exact(*cell.characters_per_token) + " characters/token";
  }
  return concat(
      cell.text_tokens->first,
      "\u2013",
      cell.text_tokens->second,
      " text tokens");
}

RunSummary summarize_run(const Run& run) {
  const auto& profile = metrics::find_profile(run.config.profile);
  RunSummary summary;
  summary.title = run.config.title;
  summary.profile = profile.name;
  summary.headline = profile.headline;
  summary.higher_is_better = is_better_higher(profile.headline);

  std::map<std::string, std::vector<const Sample*>> by_cell;
  for (const auto& sample : run.samples) {
    by_cell[name_of(sample.cell)].push_back(&sample);
  }
  for (const auto& cell : cells_of(run.config)) {
    auto samples = by_cell[name_of(cell)];
    if (samples.empty()) {
      continue;
    }
    // A resumed run may have written a cell's pages in another order.
    std::sort(samples.begin(), samples.end(), [](auto* a, auto* b) {
      return a->page < b->page;
    });
    summary.cells.push_back(summarize_cell(run, samples, profile));
    auto& added = summary.cells.back();
    added.skill = skill_of(added, summary.headline, summary.higher_is_better);
    summary.pages += added.pages;
  }
  return summary;
}

Json to_json(const RunSummary& summary) {
  Json cells = Json::array();
  for (const auto& cell : summary.cells) {
    auto coordinates = write_config(cell.cell);
    erase_nulls(coordinates);
    Json json = {
        {"cell", coordinates},
        {"pages", cell.pages},
        {"text_tokens_mean", cell.text_tokens},
        {"model_text_tokens_mean", cell.model_text_tokens},
        {"characters_mean", cell.characters},
        {"characters_per_token", cell.characters_per_token},
        {"vision_tokens",
         {{"nominal", cell.vision_tokens.nominal},
          {"valid", cell.vision_tokens.valid},
          {"positions", cell.vision_tokens.positions}}},
        {"compression_ratio", write_config(cell.ratios)},
        {"metrics", metrics::to_json(cell.metrics)},
        {"wrong_page", metrics::to_json(cell.wrong_page)},
        {"blank_page", metrics::to_json(cell.blank_page)},
        {"skill", finite_or_null(cell.skill)},
        {"seconds", write_config(cell.seconds)}};
    if (std::isfinite(cell.bits_per_character)) {
      json["bits_per_character"] = cell.bits_per_character;
    }
    cells.push_back(std::move(json));
  }
  return {
      {"title", summary.title},
      {"profile", summary.profile},
      {"headline", summary.headline},
      {"pages", summary.pages},
      {"cells", std::move(cells)}};
}

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
  for (const auto& name : metrics::metric_names()) {
    table.header.insert(
        table.header.end(), {name, name + "_low", name + "_high"});
  }
  for (const char* floor : {"wrong_page", "blank_page"}) {
    const auto name = concat(floor, "_", summary.headline);
    table.header.insert(
        table.header.end(), {name, name + "_low", name + "_high"});
  }
  table.header.insert(
      table.header.end(),
      {"skill",
       "bits_per_character",
       "seconds_render",
       "seconds_encode",
       "seconds_prefill",
       "seconds_decode"});
  for (const auto& cell : summary.cells) {
    const auto& bin = cell.cell.text_tokens;
    std::vector<std::string> row = {
        cell.cell.mode,
        content_name(cell.cell),
        cell.cell.style,
        exact(cell.cell.characters_per_token.value_or(kNan)),
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
    };
    for (const auto& interval : cell.metrics) {
      add_interval(interval);
    }
    for (const auto* floor : {&cell.wrong_page, &cell.blank_page}) {
      add_interval(
          floor->empty() ? metrics::Interval{kNan, kNan, kNan}
                         : metrics::find_metric(*floor, summary.headline));
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
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table overview_table(const RunSummary& summary) {
  // A column that says the same in every row is left out.
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
      "set precision",
      "wrong page",
      "blank",
      "skill",
      "loops",
      "s/page"};
  if (styles) {
    table.header.insert(table.header.begin() + 2, "style");
  }
  for (const auto& cell : summary.cells) {
    const auto floor = [&](const MetricIntervals& intervals) {
      return intervals.empty()
          ? std::string("-")
          : fixed(metrics::find_metric(intervals, summary.headline).mean, 3);
    };
    const auto& seconds = cell.seconds;
    table.rows.push_back(
        {cell.cell.mode,
         content_name(cell.cell),
         short_length(cell.cell),
         std::to_string(cell.pages),
         fixed(cell.ratios.nominal, 2) + "x",
         fixed(cell.ratios.valid, 2) + "x",
         fixed(cell.ratios.positions, 2) + "x",
         with_interval(metrics::find_metric(cell.metrics, summary.headline)),
         fixed(metrics::find_metric(cell.metrics, "set_precision").mean, 3),
         floor(cell.wrong_page),
         floor(cell.blank_page),
         fixed(cell.skill, 3),
         fixed(metrics::find_metric(cell.metrics, "loop_rate").mean, 2),
         fixed(
             seconds.render + seconds.encode + seconds.prefill + seconds.decode,
             3)});
    if (styles) {
      auto& row = table.rows.back();
      row.insert(row.begin() + 2, cell.cell.style);
    }
  }
  return table;
}

} // namespace microfiche::experiments
