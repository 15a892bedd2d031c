#include "experiments/analysis/costs.h"

#include <algorithm>

#include "experiments/analysis/cell_samples.h"
#include "experiments/analysis/summary.h"

namespace microfiche::experiments {

Table costs_table(const Run& run) {
  Table table;
  table.header = {
      "mode",
      "style",
      "length",
      "text",
      "pages",
      "encode s",
      "prefill s",
      "decode s",
      "tokens/s",
      "peak MiB",
      "KV page KiB",
      "KV text KiB",
      "text/page"};
  for (const auto& cell : samples_by_cell(run)) {
    StageSeconds seconds;
    double new_tokens = 0;
    int64_t peak = 0;
    double page_bytes = 0;
    double text_bytes = 0;
    for (const auto* sample : cell.samples) {
      seconds.encode += sample->seconds.encode;
      seconds.prefill += sample->seconds.prefill;
      seconds.decode += sample->seconds.decode;
      new_tokens += static_cast<double>(sample->new_tokens);
      peak = std::max(peak, sample->peak_memory_bytes);
      page_bytes += static_cast<double>(sample->kv_cache_bytes.page);
      text_bytes += static_cast<double>(sample->kv_cache_bytes.text);
    }
    const auto pages = static_cast<double>(cell.samples.size());
    table.rows.push_back(
        {cell.cell.mode,
         cell.cell.style,
         length_name(cell.cell),
         content_name(cell.cell),
         std::to_string(cell.samples.size()),
         fixed(seconds.encode / pages, 4),
         fixed(seconds.prefill / pages, 4),
         fixed(seconds.decode / pages, 4),
         fixed(new_tokens / seconds.decode, 1),
         fixed(static_cast<double>(peak) / (1 << 20), 0),
         fixed(page_bytes / pages / 1024, 1),
         fixed(text_bytes / pages / 1024, 1),
         fixed(text_bytes / page_bytes, 2)});
  }
  return table;
}

} // namespace microfiche::experiments
