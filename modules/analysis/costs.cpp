#include "analysis/costs.h"

#include <algorithm>
#include <utility>

#include "analysis/cell_labels.h"
#include "analysis/cell_samples.h"

namespace microfiche::analysis {
namespace {

CellCost cost_of(const CellSamples& cell) {
  CellCost cost;
  cost.cell = cell.cell;
  cost.pages = static_cast<int64_t>(cell.samples.size());
  const double share = 1.0 / static_cast<double>(cell.samples.size());
  double new_tokens = 0;
  double drafted = 0;
  double accepted = 0;
  for (const auto* sample : cell.samples) {
    const auto& seconds = sample->seconds;
    const auto& bytes = sample->kv_cache_bytes;
    cost.encode_seconds += share * seconds.encode;
    cost.prefill_seconds += share * seconds.prefill;
    cost.decode_seconds += share * seconds.decode;
    new_tokens += share * static_cast<double>(sample->reading.new_tokens);
    if (const auto& draft = sample->reading.draft) {
      drafted += static_cast<double>(draft->drafted);
      accepted += static_cast<double>(draft->accepted);
      cost.drafted_decode_seconds.emplace();
    }
    cost.peak_memory_bytes =
        std::max(cost.peak_memory_bytes, sample->peak_memory_bytes);
    cost.page_cache_bytes += share * static_cast<double>(bytes.page);
    cost.text_cache_bytes += share * static_cast<double>(bytes.text);
  }
  cost.tokens_per_second = new_tokens / cost.decode_seconds;
  if (cost.drafted_decode_seconds) {
    cost.drafted_decode_seconds = std::exchange(cost.decode_seconds, 0);
    cost.accepted_share = accepted / drafted;
  }
  return cost;
}

} // namespace

double CellCost::seconds() const {
  return encode_seconds + prefill_seconds + decode_seconds;
}

std::vector<CellCost> compute_costs(const sweep::Run& run) {
  std::vector<CellCost> costs;
  for (const auto& cell : samples_by_cell(run)) {
    costs.push_back(cost_of(cell));
  }
  return costs;
}

Table costs_table(const std::vector<CellCost>& costs) {
  const bool has_drafts = std::ranges::any_of(costs, [](const auto& cost) {
    return cost.drafted_decode_seconds.has_value();
  });
  std::vector<std::string> columns = {
      "encode s",
      "prefill s",
      "decode s",
      "tokens/s",
      "peak MiB",
      "KV page KiB",
      "KV text KiB",
      "text/page"};
  if (has_drafts) {
    columns.insert(
        columns.end(), {"drafted decode s", "drafted tokens/s", "accepted"});
  }
  auto table = make_cell_table("text", columns);
  for (const auto& cost : costs) {
    const bool is_drafted = cost.drafted_decode_seconds.has_value();
    const auto rate = fixed(cost.tokens_per_second, 1);
    std::vector<std::string> values = {
        fixed(cost.encode_seconds, 4),
        fixed(cost.prefill_seconds, 4),
        is_drafted ? "" : fixed(cost.decode_seconds, 4),
        is_drafted ? "" : rate,
        fixed(static_cast<double>(cost.peak_memory_bytes) / (1 << 20), 0),
        fixed(cost.page_cache_bytes / 1024, 1),
        fixed(cost.text_cache_bytes / 1024, 1),
        fixed(cost.text_cache_bytes / cost.page_cache_bytes, 2)};
    if (is_drafted) {
      values.push_back(fixed(*cost.drafted_decode_seconds, 4));
      values.push_back(rate);
      values.push_back(fixed(cost.accepted_share, 3));
    } else if (has_drafts) {
      values.resize(values.size() + 3);
    }
    add_cell_row(
        table, cost.cell, content_label(cost.cell), cost.pages, values);
  }
  return table;
}

} // namespace microfiche::analysis
