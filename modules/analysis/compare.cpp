#include "analysis/compare.h"

#include <map>
#include <numeric>

#include "analysis/cell_labels.h"
#include "core/error.h"
#include "metrics/interval_text.h"
#include "metrics/profile.h"
#include "metrics/score.h"

namespace microfiche::analysis {
namespace {

struct PairedScores {
  std::vector<double> first;
  std::vector<double> second;
};

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
      static_cast<double>(values.size());
}

CellComparison compare_cell(
    const std::string& name,
    const std::string& label,
    const PairedScores& scores,
    uint64_t seed) {
  return {
      name,
      label,
      mean_of(scores.first),
      mean_of(scores.second),
      metrics::compare_paired(scores.first, scores.second, seed)};
}

void add_pair(PairedScores& scores, double first, double second) {
  scores.first.push_back(first);
  scores.second.push_back(second);
}

void correct_by_holm(std::vector<CellComparison>& cells) {
  std::vector<double> p_values;
  for (const auto& cell : cells) {
    p_values.push_back(cell.paired.p_value);
  }
  const auto adjusted = metrics::holm_adjusted(p_values);
  for (size_t i = 0; i < cells.size(); ++i) {
    cells[i].holm_p_value = adjusted[i];
  }
}

} // namespace

RunComparison compare_runs(
    const sweep::Run& first,
    const sweep::Run& second,
    const std::string& metric_or_headline) {
  check(
      first.config.profile == second.config.profile,
      first.folder.string(),
      " was scored by the profile ",
      first.config.profile,
      " and ",
      second.folder.string(),
      " by ",
      second.config.profile,
      "; only runs of one profile can be compared");
  const auto& profile = metrics::find_profile(first.config.profile);
  const auto& metric =
      metric_or_headline.empty() ? profile.headline : metric_or_headline;
  std::map<std::string, const sweep::Sample*> by_id;
  for (const auto& sample : second.samples) {
    by_id[sample.id] = &sample;
  }
  std::vector<sweep::Cell> order;
  std::map<std::string, PairedScores> cells;
  PairedScores all;
  PairedScores without_loops;
  for (const auto& sample : first.samples) {
    const auto found = by_id.find(sample.id);
    if (found == by_id.end()) {
      continue;
    }
    const auto& other = *found->second;
    check(
        sample.page.reference == other.page.reference,
        first.folder.string(),
        " and ",
        second.folder.string(),
        ": page ",
        sample.id,
        " has a different text in each; compare runs of the same texts, styles "
        "and seed");
    const auto name = sweep::name_of(sample.cell);
    if (!cells.contains(name)) {
      order.push_back(sample.cell);
    }
    const double a = metrics::metric_value(sample.metrics, metric);
    const double b = metrics::metric_value(other.metrics, metric);
    add_pair(cells[name], a, b);
    add_pair(all, a, b);
    if (metrics::metric_value(sample.metrics, "loop_rate") == 0 &&
        metrics::metric_value(other.metrics, "loop_rate") == 0) {
      add_pair(without_loops, a, b);
    }
  }
  check(
      !order.empty(),
      first.folder.string(),
      " and ",
      second.folder.string(),
      ": no common page; the names of modes, texts, styles or lengths differ");
  const CellLabels names(order);
  std::vector<CellComparison> comparisons;
  for (const auto& cell : order) {
    const auto name = sweep::name_of(cell);
    comparisons.push_back(compare_cell(
        name, names.full(cell), cells.at(name), first.config.seed));
  }
  correct_by_holm(comparisons);
  const auto add_total = [&](const char* name, const PairedScores& scores) {
    comparisons.push_back(compare_cell(name, name, scores, first.config.seed));
    comparisons.back().holm_p_value = comparisons.back().paired.p_value;
  };
  add_total("all", all);
  const size_t kept = without_loops.first.size();
  if (kept > 0 && kept < all.first.size()) {
    add_total("all without loops", without_loops);
  }
  return {
      metric, metrics::name_of(profile.normalization), std::move(comparisons)};
}

Table comparison_table(const std::vector<CellComparison>& cells) {
  Table table;
  table.header = {
      "cell",
      "pages",
      "first",
      "second",
      "difference",
      "low",
      "high",
      "BCa low",
      "BCa high",
      "p",
      "bootstrap p",
      "Holm p"};
  for (const auto& cell : cells) {
    const auto& difference = cell.paired.difference;
    table.rows.push_back(
        {cell.cell,
         std::to_string(cell.paired.pages),
         fixed(cell.first, 4),
         fixed(cell.second, 4),
         fixed(difference.mean, 4),
         fixed(difference.low, 4),
         fixed(difference.high, 4),
         fixed(difference.bca_low, 4),
         fixed(difference.bca_high, 4),
         fixed(cell.paired.p_value, 4),
         fixed(cell.paired.bootstrap_p_value, 4),
         fixed(cell.holm_p_value, 4)});
  }
  return table;
}

std::string comparison_notes(const RunComparison& comparison) {
  const auto notes = concat(
      comparison.metric,
      ", normalisation ",
      comparison.normalization,
      ": second minus first over the same pages; bootstrap 95 % intervals, "
      "percentile and BCa; p by sign-flip permutation, by bootstrap, and the "
      "first with Holm's correction for the number of cells.");
  std::vector<std::pair<std::string, int64_t>> sets;
  for (const auto& cell : comparison.cells) {
    sets.emplace_back(cell.cell, cell.paired.pages);
  }
  const auto few = metrics::few_pages_text(sets);
  return few.empty() ? notes : notes + " " + few;
}

Json to_json(const RunComparison& comparison) {
  Json rows = Json::array();
  for (const auto& cell : comparison.cells) {
    const auto& difference = cell.paired.difference;
    rows.push_back(
        {{"cell", cell.cell},
         {"pages", cell.paired.pages},
         {"first", cell.first},
         {"second", cell.second},
         {"difference",
          {{"mean", difference.mean},
           {"low", difference.low},
           {"high", difference.high},
           {"bca_low", difference.bca_low},
           {"bca_high", difference.bca_high}}},
         {"few_pages", cell.paired.pages < metrics::kFewPages},
         {"p_value", cell.paired.p_value},
         {"p_value_bootstrap", cell.paired.bootstrap_p_value},
         {"p_value_holm", cell.holm_p_value}});
  }
  return {{"metric", comparison.metric}, {"cells", std::move(rows)}};
}

} // namespace microfiche::analysis
