#pragma once

#include "generation/benchmark.h"

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

/// An id that differs from that of plain decoding. Later ids of its page follow
/// from it, so it is the first one.
struct DraftDifference {
  int64_t page = 0;
  int64_t position = 0;
  int64_t plain_id = 0;
  int64_t drafted_id = 0;

  /// Difference of the two best logits.
  double gap = 0;

  /// The largest difference between the logits of a block and those of
  /// `Decoder::forward` there.
  double rounding = 0;

  /// Whether the gap is smaller than twice the rounding.
  bool is_tie() const {
    return gap < 2 * rounding;
  }
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

  /// Whether all ids are the same, but for ties: at most one per 1000 ids.
  bool is_lossless = true;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, DraftDifference& difference) {
  visit("page", difference.page);
  visit("position", difference.position);
  visit("plain_id", difference.plain_id);
  visit("drafted_id", difference.drafted_id);
  visit("gap", difference.gap);
  visit("rounding", difference.rounding);
}

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

/// Decodes greedily behind prompts of random vectors, plainly and with drafts
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
