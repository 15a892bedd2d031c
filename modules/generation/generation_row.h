#pragma once

// Only for the sources of this module.

#include "core/error.h"
#include "core/random.h"
#include "generation/generate.h"
#include "generation/logits_processor.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace microfiche::generation {

// B = rows, V = vocabulary.

/// A request in progress.
struct Row {
  Row(const GenerationRequest& request,
      int64_t max_ids_,
      const GenerationConfig& config_);

  /// Whether ids are drawn at random.
  bool samples() const {
    return config.temperature > 0;
  }

  /// Says how many ids of the last guess were right.
  void report_guesses(int64_t right);

  int64_t page;
  std::vector<int64_t> prompt_ids;
  GenerationConfig config;
  NoRepeatNgram rule;
  int64_t max_ids;
  LoopDetector loop;
  RandomStream random;
  /// Only with a draft.
  std::optional<DraftCursor> draft;
  GenerationResult result;
  bool ended = false;
  bool cancelled = false;
  /// Set when the request failed.
  std::optional<NumericError> failure;
};

/// What `choose_id` needs, on the CPU: all logits (B, V) when a row samples,
/// else the largest logit of each row and its id, (B, 2).
struct Candidates {
  torch::Tensor numbers;
  bool all_logits = false;
};

Candidates find_candidates(
    const torch::Tensor& logits,
    std::span<const Row> rows);

/// Chooses the next id of row `b`. Throws `NumericError` when no logit is
/// finite.
int64_t choose_id(const Candidates& candidates, size_t b, Row& row);

/// Sets the logits of banned ids to minus infinity.
void ban_ngrams(torch::Tensor& logits, std::span<const Row> rows);

/// The same for blocks: `logits` (ids, V) hold those after each id of
/// `blocks`, row after row. A block is a row's last id and guesses after it.
void ban_ngrams(
    torch::Tensor& logits,
    std::span<const Row> rows,
    const std::vector<std::vector<int64_t>>& blocks);

} // namespace microfiche::generation
