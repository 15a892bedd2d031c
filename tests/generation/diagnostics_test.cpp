#include "generation/diagnostics.h"

#include "model/loaded_model.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <vector>

namespace microfiche::generation {
namespace {

class DiagnosticsTest : public ::testing::Test {
 protected:
  DiagnosticsTest() : loaded(tests::make_tiny_model()) {}

  decoder::Decoder& decoder() {
    return loaded.model->decoder;
  }

  static SearchInput make_input(int64_t length) {
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
      search(decoder(), {&input, 1}, config, /*eos_token_id=*/-1)[0].ids);
}

TEST_F(DiagnosticsTest, LikelihoodsAddUpWhatEachStepSays) {
  const std::vector<SearchInput> inputs = {make_input(4), make_input(2)};
  const auto trace = trace_greedy(decoder(), inputs[0], 3);
  const std::vector<std::vector<int64_t>> targets = {trace.ids, {7}};

  const auto likelihoods = log_likelihoods(decoder(), inputs, targets);

  const auto steps = trace.logits.log_softmax(1);
  const double expected = steps[0][trace.ids[0]].item<double>() +
      steps[1][trace.ids[1]].item<double>() +
      steps[2][trace.ids[2]].item<double>();
  EXPECT_NEAR(likelihoods[0], expected, 1e-4);
  EXPECT_LT(likelihoods[1], 0);
}

} // namespace
} // namespace microfiche::generation
