#pragma once

#include "generation/config/generation_config.h"

#include "core/random.h"

#include <cstdint>
#include <span>
#include <vector>

namespace microfiche::generation {

// Note [Three n-gram rules]
// The published model comes with two rules against repetition. Its Hugging Face
// code bans an id that would complete an n-gram that is already in the
// sequence, prompt included. Its vLLM code considers only the last `window`
// generated ids and never bans the ids of a whitelist, because table cells may
// repeat. Here a window of 0 selects the first rule.
//
// Unlimited-OCR's rule has a window over prompt and answer together, and bans
// single ids, too, where the windowed rule of vLLM ignores them.

/// Bans ids that would repeat an n-gram; see Note [Three n-gram rules].
///
/// Source: `NoRepeatNGramLogitsProcessor` of transformers, and
/// process/ngram_norepeat.py (deepseek-ai/DeepSeek-OCR e4ac34e).
struct NoRepeatNgram {
  int64_t size = 0;
  int64_t window = 0;
  std::vector<int64_t> whitelist;
  bool window_over_prompt = false;

  /// Returns the ids that must not come next, sorted and without duplicates.
  /// vLLM's rule does not use `prompt`.
  std::vector<int64_t> banned(
      std::span<const int64_t> prompt,
      std::span<const int64_t> generated) const;
};

/// Detects text that repeats itself.
///
/// A loop is a suffix with a period p: each of its ids equals the id p
/// positions earlier. It counts when it is at least `repeats` periods and
/// `min_ids` ids long. So a line of forty dashes is not a loop, and a sentence
/// that repeats without end is.
class LoopDetector {
 public:
  /// Longest period that is detected, in ids.
  static constexpr int64_t kMaxPeriod = 256;

  LoopDetector(int64_t repeats, int64_t min_ids);

  /// Appends an id. Returns whether the text now ends in a loop.
  bool push(int64_t id);

 private:
  int64_t repeats_;
  int64_t min_ids_;
  std::vector<int64_t> ids_;
  /// run_[p - 1]: how many of the last ids equal the id p positions earlier.
  std::vector<int64_t> run_;
};

/// Samples an id from logits with `temperature`, `top_k` and `top_p`.
///
/// `logits` holds one number per id; infinities and NaN are never sampled. Ties
/// are ordered by id. Throws `NumericError` when no logit is finite.
int64_t sample_id(
    std::span<const float> logits,
    const GenerationConfig& config,
    RandomStream& random);

} // namespace microfiche::generation
