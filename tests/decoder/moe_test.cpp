#include "decoder/moe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::decoder {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

RouterOptions small_router() {
  return RouterOptions(/*width=*/8, /*num_experts=*/4).top_k(2);
}

TEST(RouterTest, WeightsAreTheTopKProbabilities) {
  torch::manual_seed(0);
  Router router(small_router());
  const auto x = torch::randn({5, 8});

  const auto routing = router->forward(x);

  const auto probabilities = torch::softmax(x.matmul(router->weight.t()), 1);
  const auto [best, ids] = probabilities.topk(2, 1);
  EXPECT_TRUE(torch::allclose(routing.weights, best));
  EXPECT_TRUE(torch::equal(routing.expert_ids, ids));
  EXPECT_LT(routing.weights.sum(1).max().item<double>(), 1);
}

TEST(RouterTest, NormalisedWeightsSumToTheScalingFactor) {
  Router router(small_router().norm_topk_prob(true).routed_scaling_factor(2.5));

  const auto routing = router->forward(torch::randn({5, 8}));

  EXPECT_TRUE(torch::allclose(
      routing.weights.sum(1), torch::full({5}, 2.5), 1e-5, 1e-5));
}

TEST(RouterTest, RoutesBfloat16TokensInFloat32) {
  Router router(small_router());
  router->to(torch::kBFloat16);

  const auto routing =
      router->forward(torch::randn({5, 8}).to(torch::kBFloat16));

  EXPECT_EQ(routing.weights.scalar_type(), torch::kFloat32);
}

TEST(RouterTest, RefusesATopKAboveTheNumberOfExperts) {
  EXPECT_THAT(
      [] { Router(small_router().top_k(5)); },
      ThrowsMessage<c10::ValueError>(HasSubstr("top_k 5 and 4 experts")));
}

TEST(MixtureOfExpertsTest, AddsSharedExpertsWithWeightOne) {
  torch::manual_seed(0);
  MixtureOfExperts moe(MixtureOfExpertsOptions(small_router(), 12));
  MixtureOfExperts routed_only(
      MixtureOfExpertsOptions(small_router(), 12).num_shared_experts(0));
  const torch::NoGradGuard no_grad;
  for (const auto& parameter : routed_only->named_parameters()) {
    parameter.value().copy_(moe->named_parameters()[parameter.key()]);
  }
  const auto x = torch::randn({2, 3, 8});

  const auto expected =
      routed_only->forward(x) + moe->shared_experts->forward(x);

  EXPECT_TRUE(torch::allclose(moe->forward(x), expected, 1e-4, 1e-6));
}

TEST(MixtureOfExpertsTest, StackingKeepsTheWeightsAndMakesThemContiguous) {
  torch::manual_seed(0);
  MixtureOfExperts moe(MixtureOfExpertsOptions(small_router(), 16));
  const auto x = torch::randn({2, 3, 8});
  const torch::NoGradGuard no_grad;
  moe->eval();
  const auto expected = moe->forward(x);
  std::vector<torch::Tensor> weights;
  for (const auto& parameter : moe->parameters()) {
    weights.push_back(parameter.clone());
  }

  moe->stack_experts();

  EXPECT_TRUE(moe->is_stacked());
  const auto parameters = moe->parameters();
  for (size_t i = 0; i < parameters.size(); ++i) {
    EXPECT_TRUE(torch::equal(parameters[i], weights[i])) << i;
  }
  const auto up = [&](int64_t e) {
    return moe->experts[e]->as<layers::GatedMlp>()->up_proj->weight;
  };
  EXPECT_EQ(up(1).const_data_ptr<float>(), up(0).const_data_ptr<float>() + 128);
  EXPECT_TRUE(torch::equal(moe->forward(x), expected));
  moe->to(torch::kFloat64);
  EXPECT_FALSE(moe->is_stacked());
  EXPECT_TRUE(torch::allclose(
      moe->forward(x.to(torch::kFloat64)), expected.to(torch::kFloat64), 1e-5));
}

TEST(MixtureOfExpertsTest, LoraOfExpertsMatchesMergedWeights) {
  torch::manual_seed(0);
  MixtureOfExperts moe(MixtureOfExpertsOptions(small_router(), 12));
  moe->eval();
  const torch::NoGradGuard no_grad;
  auto& routed = moe->experts[1]->as<layers::GatedMlp>()->up_proj;
  auto& shared = moe->shared_experts->down_proj;
  for (auto* layer : {&routed, &shared}) {
    (*layer)->add_lora(/*rank=*/2, /*scale=*/1, /*dropout=*/0);
    (*layer)->lora()->b.normal_();
  }
  const auto x = torch::randn({2, 9, 8});
  const auto expected = moe->forward(x);

  routed->merge_lora();
  shared->merge_lora();

  EXPECT_TRUE(torch::allclose(moe->forward(x), expected, 1e-4, 1e-6));
}

TEST(MixtureOfExpertsTest, TheBalanceLossOfABalancedLoadIsOne) {
  MixtureOfExperts moe(MixtureOfExpertsOptions(small_router(), 12));
  {
    // All scores are 1/4, so for any choice of experts the sum of load times
    // 1/4 is one.
    const torch::NoGradGuard no_grad;
    moe->router->weight.zero_();
  }

  moe->forward(torch::randn({3, 5, 8}));

  EXPECT_NEAR(moe->balance_loss().item<double>(), 1, 1e-6);
  EXPECT_EQ(moe->expert_load().sum().item<double>(), 3 * 5 * 2);
}

TEST(MixtureOfExpertsTest, TheBalanceLossIsPerSequence) {
  torch::manual_seed(0);
  MixtureOfExperts moe(MixtureOfExpertsOptions(small_router(), 12));
  const auto x = torch::randn({2, 5, 8});
  const auto loss_of = [&](const torch::Tensor& batch) {
    moe->forward(batch);
    return moe->balance_loss().item<double>();
  };

  const double mean =
      (loss_of(x.narrow(0, 0, 1)) + loss_of(x.narrow(0, 1, 1))) / 2;

  EXPECT_NEAR(loss_of(x), mean, 1e-6);
}

TEST(MixtureOfExpertsTest, TheBalanceLossHasAGradient) {
  torch::manual_seed(0);
  MixtureOfExperts moe(MixtureOfExpertsOptions(small_router(), 12));

  moe->forward(torch::randn({2, 5, 8}));
  moe->balance_loss().backward();

  EXPECT_GT(moe->router->weight.grad().abs().max().item<double>(), 0);
}

} // namespace
} // namespace microfiche::decoder
