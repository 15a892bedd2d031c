#pragma once

#include "core/error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::generation {

/// How the ids (text tokens) of an answer are chosen. Greedy unless
/// `temperature` is above 0.
struct GenerationConfig {
  /// Maximum number of ids to generate, at least 1.
  int64_t max_new_tokens = 8192;

  /// Length of the n-grams that must not repeat, in ids; 0 turns the rule off.
  /// See `NoRepeatNgram`.
  int64_t ngram = 0;

  /// Number of last ids in which the rule of `ngram` looks for repeats; 0 for
  /// all ids, prompt included.
  int64_t ngram_window = 0;

  /// Ids that the rule of `ngram` never bans; only with `ngram_window`. If
  /// empty, the marks of table cells (`<td>`, `</td>`), except for models whose
  /// window covers the prompt.
  std::vector<int64_t> ngram_whitelist;

  /// Whether a window covers the prompt, too, and single ids count; see Note
  /// [Three n-gram rules]. A property of the model, so it is no field of the
  /// config: `for_model` sets it.
  bool ngram_over_prompt = false;

  /// Divides the logits before sampling; 0 takes the largest logit.
  double temperature = 0.0;

  /// Samples from the most likely ids whose probabilities sum to this, above 0
  /// and at most 1. Must be 1 at temperature 0.
  double top_p = 1.0;

  /// Samples from this number of most likely ids; 0 for all. Must be 0 at
  /// temperature 0.
  int64_t top_k = 0;

  /// Generation stops when the text ends in this many repeats of one piece that
  /// are together at least `loop_ids` ids long; 0 turns the check off,
  /// otherwise at least 2.
  int64_t loop_repeats = 8;

  /// Minimum length in ids of the repeats of `loop_repeats` together, at least
  /// 1.
  int64_t loop_ids = 128;

  /// Seeds sampling; has no effect at temperature 0.
  uint64_t seed = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, GenerationConfig& config) {
  visit("max_new_tokens", config.max_new_tokens);
  visit("ngram", config.ngram);
  visit("ngram_window", config.ngram_window);
  visit("ngram_whitelist", config.ngram_whitelist);
  visit("temperature", config.temperature);
  visit("top_p", config.top_p);
  visit("top_k", config.top_k);
  visit("loop_repeats", config.loop_repeats);
  visit("loop_ids", config.loop_ids);
  visit("seed", config.seed);
}

/// Throws `InputError` for invalid values and combinations.
void validate(const GenerationConfig& config, const std::string& where);

} // namespace microfiche::generation
