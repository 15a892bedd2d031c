#pragma once

#include "generation/generate.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace microfiche::generation {

/// An id that differs from that of plain decoding. Later ids of its page follow
/// from it, so it is the first one.
struct DraftDifference {
  int64_t page = 0;
  int64_t position = 0;

  /// -1 where the answer ended instead.
  int64_t plain_id = 0;
  int64_t drafted_id = 0;

  /// Difference of the two best logits that the n-gram rules allow.
  double gap = 0;

  /// The largest difference between the logits of a block and those of plain
  /// decoding there.
  double rounding = 0;

  /// Whether the gap is smaller than twice the rounding.
  bool is_tie() const {
    return gap < 2 * rounding;
  }
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

/// Where answers with drafts differ from those without. Both are of the same
/// requests with the same config, all in one batch.
///
/// At each difference it decodes the plain answers again, with one id per step
/// and with blocks of ids, to measure what rounding can change there.
std::vector<DraftDifference> find_draft_differences(
    decoder::Decoder& decoder,
    std::span<const GenerationRequest> requests,
    const GenerationConfig& config,
    std::span<const GenerationResult> plain,
    std::span<const GenerationResult> drafted);

/// Whether the differences in `num_ids` ids are as few and as small as rounding
/// makes them: all are ties, at most one per 1000 ids.
bool is_lossless(std::span<const DraftDifference> differences, int64_t num_ids);

/// A line on the difference, with its end.
std::string to_text(const DraftDifference& difference);

} // namespace microfiche::generation
