#include "analysis/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/cell_samples.h"
#include "core/config.h"
#include "core/error.h"

namespace microfiche::analysis {
namespace {

using metrics::MetricIntervals;
using metrics::PageScores;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Number of other pages' readings that each page is scored with. More would be
/// slow and hardly change the floor.
constexpr size_t kWrongPages = 8;

PageScores mean_of(const std::vector<PageScores>& scores) {
  PageScores mean;
  mean.values.assign(mean.values.size(), 0.0);
  for (const auto& score : scores) {
    for (size_t i = 0; i < score.values.size(); ++i) {
      mean.values[i] += score.values[i] / static_cast<double>(scores.size());
    }
  }
  return mean;
}

MetricIntervals score_wrong_pages(
    const std::vector<const sweep::Sample*>& samples,
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
          samples[i]->page.reference,
          samples[(i + shift) % n]->reading.text,
          profile));
    }
    pages.push_back(mean_of(others));
  }
  return metrics::summarize(pages, seed);
}

MetricIntervals score_blank_page(
    const std::vector<const sweep::Sample*>& samples,
    const std::vector<sweep::BlankReading>& blanks,
    const metrics::Profile& profile,
    uint64_t seed) {
  const auto& cell = samples.front()->cell;
  const auto blank =
      std::find_if(blanks.begin(), blanks.end(), [&](const auto& reading) {
        return sweep::belongs_to(reading, cell);
      });
  if (blank == blanks.end()) {
    return {};
  }
  std::vector<PageScores> pages;
  for (const auto* sample : samples) {
    pages.push_back(metrics::score_page(
        sample->page.reference, blank->prediction, profile));
  }
  return metrics::summarize(pages, seed);
}

CellSummary summarize_cell(
    const sweep::Run& run,
    const std::vector<const sweep::Sample*>& samples,
    const metrics::Profile& profile) {
  CellSummary summary;
  summary.cell = samples.front()->cell;
  summary.pages = static_cast<int64_t>(samples.size());
  std::vector<PageScores> scores;
  double bits = 0;
  const double share = 1.0 / static_cast<double>(samples.size());
  for (const auto* sample : samples) {
    const auto add = [&](double& mean, double value) { mean += share * value; };
    add(summary.text_tokens, static_cast<double>(sample->page.text_tokens));
    add(summary.model_text_tokens,
        static_cast<double>(sample->model_text_tokens));
    add(summary.characters, static_cast<double>(sample->page.characters));
    const auto& tokens = sample->reading.vision_tokens;
    add(summary.vision_tokens.nominal, static_cast<double>(tokens.nominal));
    add(summary.vision_tokens.valid, static_cast<double>(tokens.valid));
    add(summary.vision_tokens.positions, static_cast<double>(tokens.positions));
    add(summary.seconds.render, sample->seconds.render);
    add(summary.seconds.encode, sample->seconds.encode);
    add(summary.seconds.prefill, sample->seconds.prefill);
    // Decoding with a draft says nothing about reading without a reference.
    add(summary.seconds.decode,
        sample->reading.draft ? kNan : sample->seconds.decode);
    add(summary.length_stopped_rate, sample->reading.stop == "length");
    bits -= sample->reading.log_likelihood.value_or(kNan) / std::log(2.0);
    scores.push_back(sample->metrics);
  }
  summary.characters_per_token =
      summary.characters / summary.vision_tokens.nominal;
  summary.ratios =
      metrics::compression_ratios(summary.text_tokens, summary.vision_tokens);
  auto set = metrics::summarize_with_and_without_loops(scores, run.config.seed);
  summary.metrics = std::move(set.metrics);
  summary.pages_without_loops = set.pages_without_loops;
  summary.without_loops = std::move(set.without_loops);
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

/// For a metric of which less is better, values are subtracted from 1 first.
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

} // namespace

RunSummary summarize_run(const sweep::Run& run) {
  const auto& profile = metrics::find_profile(run.config.profile);
  RunSummary summary;
  summary.title = run.config.title;
  summary.profile = profile.name;
  summary.headline = profile.headline;
  summary.normalization = metrics::name_of(profile.normalization);
  summary.higher_is_better =
      metrics::find_metric(profile.headline).higher_is_better;

  for (const auto& [cell, samples] : samples_by_cell(run)) {
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
    sweep::erase_nulls(coordinates);
    Json json = {
        {"cell", coordinates},
        {"pages", cell.pages},
        {"few_pages", cell.pages < metrics::kFewPages},
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
        {"without_loops",
         {{"pages", cell.pages_without_loops},
          {"metrics", metrics::to_json(cell.without_loops)}}},
        {"length_stopped_rate", cell.length_stopped_rate},
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
      {"normalization", summary.normalization},
      {"headline", summary.headline},
      {"pages", summary.pages},
      {"cells", std::move(cells)}};
}

} // namespace microfiche::analysis
