#include "generation/diagnostics.h"
#include "generation/generate.h"

#include "core/config.h"
#include "model/model_config.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace microfiche::generation {
namespace {

/// The tiny model with a decoder that sees the last 5 positions of its output.
class WindowedGenerationTest : public ::testing::Test {
 protected:
  WindowedGenerationTest() : loaded(tests::make_tiny_model()) {
    auto config = loaded.config;
    config.language.sliding_window_size = 5;
    auto windowed = model::make_model(config, tests::byte_tokenizer());
    const torch::NoGradGuard no_grad;
    const auto weights = loaded.model->named_parameters();
    for (auto& parameter : windowed.model->named_parameters()) {
      parameter.value().copy_(weights[parameter.key()]);
    }
    full = loaded.model;
    loaded = std::move(windowed);
  }

  decoder::Decoder& decoder() {
    return loaded.model->decoder;
  }

  static GenerationRequest make_prompt(int64_t length, int64_t page) {
    torch::manual_seed(length);
    return {torch::randn({length, 32}), std::vector<int64_t>(length, 5), page};
  }

  /// Ids without an end.
  static GenerationConfig up_to_ids(int64_t ids) {
    GenerationConfig config;
    config.max_new_tokens = ids;
    config.loop_repeats = 0;
    return config;
  }

  model::LoadedModel loaded;
  model::OpticalModel full{nullptr};
};

TEST_F(WindowedGenerationTest, RowsThatComeAndGoKeepTheirOwnWindows) {
  std::vector<GenerationRequest> prompts;
  for (const int64_t length : {9, 2, 14, 1, 6, 30}) {
    prompts.push_back(
        make_prompt(length, static_cast<int64_t>(prompts.size())));
  }
  // An id of page 0 is the end token, so that pages end unevenly.
  const auto config = up_to_ids(60);
  const int64_t end =
      generate(decoder(), {prompts.data(), 1}, config, -1)[0].ids[30];
  std::map<int64_t, std::vector<int64_t>> ids;
  size_t started = 0;
  GenerationCallbacks callbacks;
  callbacks.next = [&]() -> std::optional<GenerationRequest> {
    return started == prompts.size() ? std::nullopt
                                     : std::optional(prompts[started++]);
  };
  callbacks.on_result = [&](int64_t page, GenerationResult result) {
    ids[page] = std::move(result.ids);
  };

  generate(decoder(), callbacks, config, end, /*max_rows=*/2);

  ASSERT_EQ(ids.size(), prompts.size());
  for (size_t page = 0; page < prompts.size(); ++page) {
    EXPECT_EQ(
        ids[page], generate(decoder(), {&prompts[page], 1}, config, end)[0].ids)
        << page;
  }
}

TEST_F(WindowedGenerationTest, AnswersDifferOnceSomethingIsForgotten) {
  const auto prompt = make_prompt(7, 0);

  const auto windowed = trace_greedy(decoder(), prompt, 40);
  const auto seeing_all = trace_greedy(full->decoder, prompt, 40);

  // The first logits come from the prompt, and the next five see all ids.
  EXPECT_TRUE(torch::allclose(
      windowed.logits.slice(0, 0, 6),
      seeing_all.logits.slice(0, 0, 6),
      /*rtol=*/1e-4,
      /*atol=*/1e-4));
  EXPECT_FALSE(torch::allclose(
      windowed.logits[6], seeing_all.logits[6], /*rtol=*/1e-2, /*atol=*/1e-2));
}

TEST_F(WindowedGenerationTest, TeacherForcingEqualsTheStepsOfATrace) {
  const std::vector<GenerationRequest> prompts = {
      make_prompt(11, 0), make_prompt(3, 1)};
  std::vector<std::vector<int64_t>> targets;
  std::vector<torch::Tensor> steps;
  for (const auto& prompt : prompts) {
    const auto trace = trace_greedy(decoder(), prompt, 25);
    targets.push_back(trace.ids);
    steps.push_back(trace.logits.log_softmax(1));
  }

  const auto predictions = predict_targets(decoder(), prompts, targets);

  for (size_t row = 0; row < prompts.size(); ++row) {
    for (int64_t i = 0; i < 25; ++i) {
      EXPECT_TRUE(predictions[row][i].correct);
      EXPECT_NEAR(
          predictions[row][i].log_probability,
          steps[row][i][targets[row][i]].item<double>(),
          1e-4);
    }
  }
}

} // namespace
} // namespace microfiche::generation
