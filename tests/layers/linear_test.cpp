#include "layers/linear.h"

#include "layers/skip_init.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::layers {
namespace {

TEST(LinearTest, QuantizeRoundsToTheNearestStep) {
  torch::manual_seed(0);
  Linear layer(torch::nn::LinearOptions(50, 20));
  const auto exact = layer->weight.detach().clone();

  layer->quantize();

  EXPECT_EQ(layer->weight.scalar_type(), torch::kInt8);
  EXPECT_EQ(layer->weight.abs().amax(1).min().item<int64_t>(), 127);
  const auto step = layer->weight_scale.unsqueeze(1);
  const auto error = (layer->weight * step - exact).abs();
  EXPECT_TRUE((error <= step * 0.5001).all().item<bool>());
}

TEST(LinearTest, QuantizeKeepsAChannelOfZeros) {
  Linear layer(torch::nn::LinearOptions(8, 3).bias(false));
  {
    const torch::NoGradGuard no_grad;
    layer->weight[1].zero_();
  }

  layer->quantize();

  const auto y = layer->forward(torch::ones({1, 8}));
  EXPECT_EQ(y[0][1].item<float>(), 0);
  EXPECT_TRUE(y.isfinite().all().item<bool>());
}

TEST(LinearTest, StartsAndTrainsLikeTorchLinear) {
  torch::manual_seed(0);
  torch::nn::Linear expected(7, 5);
  torch::manual_seed(0);
  Linear actual(torch::nn::LinearOptions(7, 5));
  EXPECT_TRUE(torch::equal(actual->weight, expected->weight));
  EXPECT_TRUE(torch::equal(actual->bias, expected->bias));

  const auto x = torch::randn({3, 7});
  expected->forward(x).square().sum().backward();
  actual->forward(x).square().sum().backward();
  EXPECT_TRUE(torch::equal(actual->weight.grad(), expected->weight.grad()));
}

TEST(LinearTest, ForwardAllGivesWhatEachLayerGives) {
  torch::manual_seed(0);
  Linear first(torch::nn::LinearOptions(12, 5));
  Linear second(torch::nn::LinearOptions(12, 7));
  second->add_lora(/*rank=*/3, /*scale=*/0.5, /*dropout=*/0);
  {
    const torch::NoGradGuard no_grad;
    second->lora()->b.normal_();
  }
  const auto x = torch::randn({2, 12});

  const auto outputs = forward_all({first, second}, x);

  EXPECT_TRUE(torch::equal(outputs[0], first->forward(x)));
  EXPECT_TRUE(torch::equal(outputs[1], second->forward(x)));
}

TEST(SkipInitGuardTest, DrawsNoRandomNumbers) {
  torch::manual_seed(0);
  const auto expected = torch::rand({1});
  torch::manual_seed(0);
  {
    const SkipInitGuard skip;
    Linear layer(torch::nn::LinearOptions(7, 5));
    EXPECT_EQ(layer->weight.sizes(), (std::vector<int64_t>{5, 7}));
  }
  EXPECT_FALSE(SkipInitGuard::is_active());
  EXPECT_TRUE(torch::equal(torch::rand({1}), expected));
}

} // namespace
} // namespace microfiche::layers
