#include "generation/model_defaults.h"

#include "model/model_family.h"

namespace microfiche::generation {

GenerationConfig family_defaults(
    const model::ModelFamily& family,
    bool together) {
  GenerationConfig config;
  if (family.max_new_tokens > 0) {
    config.max_new_tokens = family.max_new_tokens;
  }
  config.ngram = family.ngram;
  config.ngram_window =
      together ? family.ngram_window_together : family.ngram_window;
  return config;
}

GenerationConfig for_model(
    GenerationConfig config,
    const model::LoadedModel& loaded) {
  config.ngram_over_prompt = loaded.config.family().ngram_over_prompt;
  if (config.ngram_window > 0 && config.ngram_whitelist.empty() &&
      !config.ngram_over_prompt) {
    for (const char* token : {"<td>", "</td>"}) {
      if (const auto id = loaded.tokenizer().id_of(token)) {
        config.ngram_whitelist.push_back(*id);
      }
    }
  }
  return config;
}

} // namespace microfiche::generation
