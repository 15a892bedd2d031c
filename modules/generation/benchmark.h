#pragma once

#include "core/table.h"
#include "model/loaded_model.h"
#include "page/resolution_mode.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::generation {

/// What is timed.
struct BenchmarkConfig {
  /// Any of "encode", "prefill" and "decode".
  std::vector<std::string> what = {"encode", "prefill", "decode"};

  /// Positions of the prompt; 0 for one page.
  int64_t positions = 0;

  /// Ids of the answer that "decode" starts with. Each run continues after the
  /// previous run's ids. 0: each run starts right after the prompt.
  int64_t outputs = 0;

  /// Ids to decode per run.
  int64_t steps = 32;

  /// Pages at the same time.
  int64_t batch = 1;

  /// Timed runs, after one run that is not timed.
  int64_t repeat = 5;
  uint64_t seed = 0;
};

/// Seconds of the timed runs.
struct RunSeconds {
  double min = 0;
  double median = 0;
  double max = 0;
};

/// The times of one stage of the model.
struct StageTiming {
  std::string what;
  std::string mode;
  int64_t batch = 0;
  std::string device;
  std::string dtype;
  int64_t threads = 0;
  RunSeconds seconds;

  /// Vision tokens in "encode", positions in "prefill", ids in "decode".
  double tokens_per_second = 0;
  int64_t peak_memory_bytes = 0;

  /// Of all rows; 0 in "encode".
  int64_t kv_cache_bytes = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, RunSeconds& seconds) {
  visit("min", seconds.min);
  visit("median", seconds.median);
  visit("max", seconds.max);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, StageTiming& timing) {
  visit("what", timing.what);
  visit("mode", timing.mode);
  visit("batch", timing.batch);
  visit("device", timing.device);
  visit("dtype", timing.dtype);
  visit("threads", timing.threads);
  visit("seconds", timing.seconds);
  visit("tokens_per_second", timing.tokens_per_second);
  visit("peak_memory_bytes", timing.peak_memory_bytes);
  visit("kv_cache_bytes", timing.kv_cache_bytes);
}

/// Of at least one run.
RunSeconds summarize(std::vector<double> seconds);

/// The timing of runs that each processed `tokens` tokens, without the KV
/// cache.
StageTiming timing_of(
    const std::string& what,
    std::vector<double> seconds,
    int64_t tokens,
    const std::string& mode,
    const BenchmarkConfig& config,
    const model::Placement& placement);

/// Times stages of a model with pages of noise that have the shape of A4.
std::vector<StageTiming> time_stages(
    model::LoadedModel& loaded,
    const page::ResolutionMode& mode,
    const BenchmarkConfig& config);

/// One row per stage.
Table timing_table(const std::vector<StageTiming>& timings);

} // namespace microfiche::generation
