#include "layers/recompute.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::layers {
namespace {

struct Gradients {
  torch::Tensor result;
  torch::Tensor x;
  torch::Tensor weight;
};

/// Runs a layer with dropout and a second output, with or without `recompute`.
Gradients run_small_layer(bool recomputed, bool x_is_trained) {
  torch::manual_seed(3);
  const auto x = torch::randn({4, 8}).requires_grad_(x_is_trained);
  const auto weight = torch::randn({8, 8}).requires_grad_();
  const auto forward = [weight](const torch::Tensor& in) {
    const auto y = torch::dropout(in.matmul(weight), 0.5, /*train=*/true);
    return std::vector{y.tanh(), y.square().mean()};
  };
  const auto outputs =
      recomputed ? recompute(forward, x, {weight}) : forward(x);
  // Advances the generator between the two runs.
  torch::rand({10});
  (outputs[0].sum() + 3 * outputs[1]).backward();
  return {outputs[0], x.grad(), weight.grad()};
}

TEST(RecomputeTest, HasTheGradientsOfAPlainCall) {
  const auto expected = run_small_layer(/*recomputed=*/false, true);
  const auto actual = run_small_layer(/*recomputed=*/true, true);

  EXPECT_TRUE(torch::equal(actual.result, expected.result));
  EXPECT_TRUE(torch::equal(actual.x, expected.x));
  EXPECT_TRUE(torch::equal(actual.weight, expected.weight));
}

TEST(RecomputeTest, TrainsALayerWhoseInputNeedsNoGradient) {
  const auto expected = run_small_layer(/*recomputed=*/false, false);
  const auto actual = run_small_layer(/*recomputed=*/true, false);

  EXPECT_FALSE(actual.x.defined());
  EXPECT_TRUE(torch::equal(actual.weight, expected.weight));
}

TEST(RecomputeTest, RestoresTheGenerator) {
  run_small_layer(/*recomputed=*/false, true);
  const auto expected = torch::rand({3});
  run_small_layer(/*recomputed=*/true, true);

  EXPECT_TRUE(torch::equal(torch::rand({3}), expected));
}

} // namespace
} // namespace microfiche::layers
