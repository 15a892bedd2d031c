#pragma once

#include "generation/draft_benchmark.h"

#include <cstdint>
#include <string>

namespace microfiche::generation {

/// How fast a model reads pages on a machine.
struct SpeedSummary {
  /// The name of the model's folder.
  std::string model;

  StageTiming encode;
  StageTiming prefill;
  StageTiming decode;
  DraftTimings drafts;

  /// Weights that one id reads: the dense ones and those of its experts.
  int64_t weight_bytes_per_id = 0;

  /// What the device's memory delivers; see `kernels::read_bandwidth`.
  double memory_bytes_per_second = 0;

  /// The largest of all stages.
  int64_t peak_memory_bytes() const;

  /// The rate at which plain decoding of one page reads weights. Weights that
  /// fit the caches can exceed the memory's rate.
  double decode_bytes_per_second() const;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, SpeedSummary& summary) {
  visit("model", summary.model);
  visit("encode", summary.encode);
  visit("prefill", summary.prefill);
  visit("decode", summary.decode);
  visit("drafts", summary.drafts);
  visit("weight_bytes_per_id", summary.weight_bytes_per_id);
  visit("memory_bytes_per_second", summary.memory_bytes_per_second);
}

/// Bytes of the weights that one id reads. All experts have the same size.
int64_t weight_bytes_per_id(const decoder::DecoderImpl& decoder);

/// Runs `time_stages` and `time_drafts`, and measures the memory. `config.what`
/// has no effect, and `config.batch` must be 1, because several pages share the
/// weights that they read.
SpeedSummary summarize_speed(
    model::LoadedModel& loaded,
    const page::ResolutionMode& mode,
    const BenchmarkConfig& config,
    const DraftBenchmarkConfig& draft);

/// One row.
Table speed_table(const SpeedSummary& summary);

} // namespace microfiche::generation
