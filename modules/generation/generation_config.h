#pragma once

#include "core/error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::generation {

/// How text is drawn from a model. Greedy unless `temperature` is above 0.
struct GenerationConfig {
  /// Longest answer, in ids.
  int64_t max_new_tokens = 8192;

  /// No n-gram of this many ids appears twice; 0 turns the rule off. See
  /// `NgramRule`.
  int64_t ngram = 0;

  /// Ids to look back for it; 0 looks back over everything, prompt included.
  int64_t ngram_window = 0;

  /// Ids that the rule never bans; only with a window.
  std::vector<int64_t> ngram_whitelist;

  /// Divides the logits before an id is drawn; 0 takes the largest.
  double temperature = 0.0;

  /// Draws among the likeliest ids whose probabilities sum to this, (0, 1].
  double top_p = 1.0;

  /// Draws among this many likeliest ids; 0 among all.
  int64_t top_k = 0;

  /// An answer ends as a loop when its end repeats one piece this many times
  /// and for at least `loop_ids` ids; 0 turns the check off.
  int64_t loop_repeats = 8;
  int64_t loop_ids = 128;

  /// Seeds the draws; see `search` for what a draw depends on.
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

/// Throws `InputError` for values that make no sense together or alone.
void validate(const GenerationConfig& config, const std::string& where);

} // namespace microfiche::generation
