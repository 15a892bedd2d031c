#include "generation/diagnostics.h"

#include "model/loaded_model.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>

#include <torch/torch.h>

#include <cmath>
#include <vector>

namespace microfiche::generation {
namespace {

class DiagnosticsTest : public ::testing::Test {
 protected:
  DiagnosticsTest() : loaded(tests::make_tiny_model()) {}

  decoder::Decoder& decoder() {
    return loaded.model->decoder;
  }

  static GenerationRequest make_input(int64_t length) {
    torch::manual_seed(length);
    return {torch::randn({length, 32}), {}};
  }

  model::LoadedModel loaded;
};

TEST_F(DiagnosticsTest, TheTraceTakesTheLargestLogits) {
  const auto input = make_input(4);
  GenerationConfig config;
  config.max_new_tokens = 6;

  const auto trace = trace_greedy(decoder(), input, 6);

  EXPECT_EQ(trace.logits.sizes(), (std::vector<int64_t>{6, 260}));
  EXPECT_TRUE(torch::equal(
      trace.logits.argmax(1), torch::tensor(trace.ids, torch::kInt64)));
  EXPECT_EQ(
      trace.ids,
      generate(decoder(), {&input, 1}, config, /*eos_token_id=*/-1)[0].ids);
}

TEST_F(DiagnosticsTest, PredictionsOfATargetEqualTheStepsOfATrace) {
  const std::vector<GenerationRequest> inputs = {make_input(4), make_input(2)};
  const auto trace = trace_greedy(decoder(), inputs[0], 3);
  const std::vector<std::vector<int64_t>> targets = {trace.ids, {7}};

  const auto predictions = predict_targets(decoder(), inputs, targets);

  const auto steps = trace.logits.log_softmax(1);
  ASSERT_EQ(predictions[0].size(), 3u);
  for (int64_t i = 0; i < 3; ++i) {
    const auto& prediction = predictions[0][i];
    EXPECT_NEAR(
        prediction.log_probability,
        steps[i][trace.ids[i]].item<double>(),
        1e-4);
    // Greedy ids are the most likely ones, so every prediction is correct.
    EXPECT_TRUE(prediction.correct);
    EXPECT_NEAR(
        prediction.confidence, std::exp(prediction.log_probability), 1e-6);
  }
  ASSERT_EQ(predictions[1].size(), 1u);
  EXPECT_LT(predictions[1][0].log_probability, 0);
}

} // namespace
} // namespace microfiche::generation
