#include "experiments/runner/compare.h"

#include <map>
#include <numeric>

#include "core/error.h"
#include "metrics/score.h"

namespace microfiche::experiments {
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
    const PairedScores& scores,
    uint64_t seed) {
  return {
      name,
      mean_of(scores.first),
      mean_of(scores.second),
      metrics::compare_paired(scores.first, scores.second, seed)};
}

} // namespace

std::vector<CellComparison>
compare_runs(const Run& first, const Run& second, const std::string& metric) {
  std::map<std::string, const Sample*> by_id;
  for (const auto& sample : second.samples) {
    by_id[sample.id] = &sample;
  }
  std::vector<std::string> order;
  std::map<std::string, PairedScores> cells;
  PairedScores all;
  for (const auto& sample : first.samples) {
    const auto found = by_id.find(sample.id);
    if (found == by_id.end()) {
      continue;
    }
    const auto& other = *found->second;
    check(
        sample.reference == other.reference,
        first.folder.string(),
        " and ",
        second.folder.string(),
        ": page ",
        sample.id,
        " has another text in each; runs of the same texts, styles and seed "
        "can be compared");
    const auto name = name_of(sample.cell);
    if (!cells.contains(name)) {
      order.push_back(name);
    }
    const double a = metrics::metric_value(sample.metrics, metric);
    const double b = metrics::metric_value(other.metrics, metric);
    for (auto* scores : {&cells[name], &all}) {
      scores->first.push_back(a);
      scores->second.push_back(b);
    }
  }
  check(
      !order.empty(),
      first.folder.string(),
      " and ",
      second.folder.string(),
      ": no page of one is in the other; their modes, texts, styles or lengths "
      "have other names");
  std::vector<CellComparison> comparisons;
  for (const auto& name : order) {
    comparisons.push_back(
        compare_cell(name, cells.at(name), first.config.seed));
  }
  comparisons.push_back(compare_cell("all", all, first.config.seed));
  return comparisons;
}

Table comparison_table(const std::vector<CellComparison>& cells) {
  Table table;
  table.header = {
      "cell", "pages", "first", "second", "difference", "low", "high", "p"};
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
         fixed(cell.paired.p_value, 4)});
  }
  return table;
}

} // namespace microfiche::experiments
