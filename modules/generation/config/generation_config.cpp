#include "generation/config/generation_config.h"

#include <cmath>

namespace microfiche::generation {

void validate(const GenerationConfig& config, const std::string& where) {
  check(
      config.max_new_tokens >= 1,
      where,
      ": max_new_tokens must be at least 1, got ",
      config.max_new_tokens);
  check(
      config.ngram >= 0 && config.ngram_window >= 0,
      where,
      ": ngram and ngram_window must not be negative, got ",
      config.ngram,
      " and ",
      config.ngram_window);
  check(
      config.ngram > 0 || config.ngram_window == 0,
      where,
      ": ngram_window has no effect without ngram");
  check(
      config.ngram_window > 0 || config.ngram_whitelist.empty(),
      where,
      ": ngram_whitelist has no effect without ngram_window");
  for (const int64_t id : config.ngram_whitelist) {
    check(
        id >= 0, where, ": ngram_whitelist: expected ids from 0 on, got ", id);
  }
  check(
      std::isfinite(config.temperature) && config.temperature >= 0,
      where,
      ": temperature must be a finite number from 0 on, got ",
      config.temperature);
  check(
      config.top_p > 0 && config.top_p <= 1,
      where,
      ": top_p must be above 0 and at most 1, got ",
      config.top_p);
  check(
      config.top_k >= 0,
      where,
      ": top_k must not be negative, got ",
      config.top_k);
  check(
      config.temperature > 0 || (config.top_p == 1 && config.top_k == 0),
      where,
      ": top_p and top_k have no effect at temperature 0");
  check(
      config.loop_repeats == 0 || config.loop_repeats >= 2,
      where,
      ": loop_repeats must be 0 or at least 2, got ",
      config.loop_repeats);
  check(
      config.loop_ids >= 1,
      where,
      ": loop_ids must be at least 1, got ",
      config.loop_ids);
}

} // namespace microfiche::generation
