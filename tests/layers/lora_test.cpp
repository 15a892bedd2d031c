#include "layers/linear.h"

#include "layers/lora.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::layers {
namespace {

/// A layer whose LoRA matrices are not zero.
Linear make_layer(double dropout) {
  torch::manual_seed(2);
  Linear layer(torch::nn::LinearOptions(12, 7));
  layer->add_lora(/*rank=*/3, /*scale=*/0.5, dropout);
  const torch::NoGradGuard no_grad;
  layer->lora()->b.normal_();
  layer->eval();
  return layer;
}

TEST(LoraTest, AddsTheScaledProduct) {
  auto layer = make_layer(/*dropout=*/0);
  const auto x = torch::randn({2, 5, 12});

  const auto actual = layer->forward(x);

  const auto weight =
      layer->weight + 0.5 * layer->lora()->b.matmul(layer->lora()->a);
  EXPECT_TRUE(torch::allclose(
      actual, torch::linear(x, weight, layer->bias), 1e-4, 1e-5));
}

TEST(LoraTest, MergingKeepsTheOutput) {
  auto layer = make_layer(/*dropout=*/0);
  const auto x = torch::randn({5, 12});
  const auto expected = layer->forward(x);

  layer->merge_lora();

  EXPECT_TRUE(torch::allclose(layer->forward(x), expected, 1e-4, 1e-5));
  EXPECT_EQ(layer->parameters().size(), 2);
  EXPECT_EQ(layer->lora(), nullptr);
}

TEST(LoraTest, AppliesDropoutOnlyInTraining) {
  auto layer = make_layer(/*dropout=*/0.5);
  const auto x = torch::randn({5, 12});

  EXPECT_TRUE(torch::equal(layer->forward(x), layer->forward(x)));
  layer->train();
  EXPECT_FALSE(torch::equal(layer->forward(x), layer->forward(x)));
}

TEST(LoraTest, WorksBesideAnInt8Weight) {
  const torch::InferenceMode inference;
  auto layer = make_layer(/*dropout=*/0);
  const auto x = torch::randn({2, 12});
  const auto expected = layer->forward(x);

  layer->quantize();

  const auto error = (layer->forward(x) - expected).abs().max();
  EXPECT_LT((error / expected.abs().max()).item<double>(), 0.02);
}

} // namespace
} // namespace microfiche::layers
