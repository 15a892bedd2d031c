#pragma once

#include "generation/generate.h"
#include "model/loaded_model.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace microfiche::generation {

inline constexpr int64_t kNoEnd = -1;

/// Greedy, at most this many ids, also in a loop.
inline GenerationConfig up_to(int64_t ids) {
  GenerationConfig config;
  config.max_new_tokens = ids;
  config.loop_repeats = 0;
  return config;
}

/// Generates with a tiny random model.
class GenerateTest : public ::testing::Test {
 protected:
  GenerateTest() : loaded(tests::make_tiny_model()) {}

  decoder::Decoder& decoder() {
    return loaded.model->decoder;
  }

  /// Prompts of different lengths with random contents.
  std::vector<GenerationRequest> make_requests(
      const std::vector<int64_t>& lengths) {
    std::vector<GenerationRequest> requests;
    torch::manual_seed(1);
    for (const int64_t length : lengths) {
      requests.push_back(
          {torch::randn({length, 32}), std::vector<int64_t>(length, 5)});
    }
    return requests;
  }

  std::vector<GenerationResult> run(
      const std::vector<GenerationRequest>& requests,
      const GenerationConfig& config,
      int64_t eos = kNoEnd,
      int64_t first_page = 0) {
    return generate(decoder(), requests, config, eos, first_page);
  }

  model::LoadedModel loaded;
};

} // namespace microfiche::generation
