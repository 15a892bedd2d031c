#pragma once

#include "generation/benchmark.h"
#include "generation/draft_difference.h"

#include <cstdint>
#include <vector>

namespace microfiche::generation {

/// How `time_drafts` decodes, besides its `BenchmarkConfig`.
struct DraftBenchmarkConfig {
  /// Percent of the draft's ids that are replaced at random, [0, 100].
  double error_percent = 3;

  /// Ids to decode per run and page.
  int64_t ids = 256;
};

/// Plain decoding and decoding with a draft, alternately in one run.
struct DraftTimings {
  StageTiming plain;
  StageTiming drafted;

  /// Processor time of decoding, of all threads; medians. On a busy machine it
  /// is steadier than the time on the clock.
  double plain_processor_seconds = 0;
  double drafted_processor_seconds = 0;

  /// Of one run, all pages together.
  int64_t plain_steps = 0;
  int64_t steps = 0;
  int64_t ids_drafted = 0;
  int64_t ids_accepted = 0;

  std::vector<DraftDifference> differences;

  /// Whether all ids are the same, but for ties; see `generation::is_lossless`.
  bool is_lossless = true;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, DraftTimings& timings) {
  visit("plain", timings.plain);
  visit("drafted", timings.drafted);
  visit("plain_processor_seconds", timings.plain_processor_seconds);
  visit("drafted_processor_seconds", timings.drafted_processor_seconds);
  visit("plain_steps", timings.plain_steps);
  visit("steps", timings.steps);
  visit("ids_drafted", timings.ids_drafted);
  visit("ids_accepted", timings.ids_accepted);
  visit("differences", timings.differences);
  visit("is_lossless", timings.is_lossless);
}

/// Decodes greedily after prompts of random vectors, plainly and with drafts
/// that are the plain answers with wrong ids in them. Answers have no end, and
/// the answer so far is looked up, too, as always.
DraftTimings time_drafts(
    model::LoadedModel& loaded,
    const page::ResolutionMode& mode,
    const BenchmarkConfig& config,
    const DraftBenchmarkConfig& draft);

/// The times, the speed-up and the ids, and a line for each difference.
std::string draft_report(const DraftTimings& timings);

} // namespace microfiche::generation
