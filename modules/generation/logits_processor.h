#pragma once

#include "generation/generation_config.h"

#include "core/random.h"

#include <cstdint>
#include <span>
#include <vector>

namespace microfiche::generation {

// Note [Two n-gram rules]
// The published model comes with two rules against repetition. Its Hugging Face
// code bans an id that would complete an n-gram seen anywhere in the sequence,
// prompt included. Its vLLM code looks at generated ids only, no further back
// than a window, and never bans the ids of a whitelist (table cells, which
// repeat honestly). A window of 0 here means the first rule.

/// The rule of Note [Two n-gram rules] with its settings.
///
/// Source: `NoRepeatNGramLogitsProcessor` of transformers, and
/// process/ngram_norepeat.py (deepseek-ai/DeepSeek-OCR e4ac34e).
struct NgramRule {
  int64_t size = 0;
  int64_t window = 0;
  std::vector<int64_t> whitelist;

  /// Ids that may not come next, sorted and each once. `prompt` is looked at
  /// by the rule without a window only.
  std::vector<int64_t> banned(
      std::span<const int64_t> prompt,
      std::span<const int64_t> generated) const;
};

/// Notices when an answer runs in circles.
///
/// A loop is an end that repeats with some period p: every id of it equals the
/// one p before. It counts once it is `repeats` periods and `least_ids` ids
/// long, so that a ruled line of forty dashes is no loop and the same sentence
/// over and over is.
class LoopDetector {
 public:
  /// Longest period that is noticed, in ids.
  static constexpr int64_t kLongestPeriod = 256;

  LoopDetector(int64_t repeats, int64_t least_ids);

  /// Takes the next id of an answer. Returns whether it now ends in a loop.
  bool push(int64_t id);

 private:
  int64_t repeats_;
  int64_t least_ids_;
  std::vector<int64_t> ids_;
  /// run_[p - 1]: how many last ids equal the one p before.
  std::vector<int64_t> run_;
};

/// Draws an id from logits as `temperature`, `top_k` and `top_p` say.
///
/// `logits` are float32, one an id; minus infinity is never drawn. Ties fall to
/// the smaller id. Throws `NumericError` when none is finite.
int64_t draw_id(
    std::span<const float> logits,
    const GenerationConfig& config,
    RandomStream& random);

} // namespace microfiche::generation
