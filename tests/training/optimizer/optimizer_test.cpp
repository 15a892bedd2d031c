#include "training/optimizer/optimizer.h"

#include "core/error.h"
#include "tests/training/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace microfiche::training {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

torch::Tensor make_parameter(torch::IntArrayRef shape) {
  return torch::randn(shape).requires_grad_();
}

Optimizer make_optimizer(
    const std::vector<std::pair<std::string, torch::Tensor>>& named,
    const OptimizerConfig& config = {}) {
  return Optimizer(with_masters(named), {RateRule{}}, config);
}

TEST(OrthogonalizeTest, BringsSingularValuesNearOne) {
  torch::manual_seed(1);
  const auto matrices = torch::randn({3, 12, 20});

  const auto orthogonal = orthogonalize(matrices, 5, torch::kFloat32);

  const auto singular = std::get<1>(torch::linalg_svd(orthogonal));
  EXPECT_GT(singular.min().item<double>(), 0.5);
  EXPECT_LT(singular.max().item<double>(), 1.3);
}

TEST(OrthogonalizeTest, TreatsATallMatrixAsItsTranspose) {
  torch::manual_seed(1);
  const auto tall = torch::randn({2, 20, 12});

  const auto direct = orthogonalize(tall, 5, torch::kFloat32);
  const auto turned =
      orthogonalize(tall.transpose(1, 2), 5, torch::kFloat32).transpose(1, 2);

  EXPECT_TRUE(torch::equal(direct, turned));
}

TEST(OptimizerTest, UpdatesMatricesAsMuonInPythonDoes) {
  const tests::Golden golden("muon.safetensors");
  const std::vector<std::string> names = {"tall", "wide", "twin", "kernel"};
  std::vector<std::pair<std::string, torch::Tensor>> named;
  for (const auto& name : names) {
    named.emplace_back(name, golden["before." + name].requires_grad_());
  }
  OptimizerConfig config;
  config.weight_decay = 0.1;
  config.clip_norm = 0;
  auto optimizer = make_optimizer(named, config);

  for (int64_t step = 0; step < 3; ++step) {
    for (auto& [name, parameter] : named) {
      parameter.mutable_grad() =
          golden["gradient." + std::to_string(step) + "." + name];
    }
    optimizer.step(/*rate_factor=*/1);
  }

  for (const auto& [name, parameter] : named) {
    const auto difference = (parameter - golden["after." + name]).abs().max();
    EXPECT_LT(difference.item<double>(), 2e-6) << name;
  }
}

TEST(OptimizerTest, UpdatesBlocksOfRowsLikeMatricesOfTheirOwn) {
  torch::manual_seed(1);
  const auto rows = torch::randn({6, 8});
  const auto gradient = torch::randn({6, 8});
  auto whole = rows.clone().requires_grad_();
  auto first = rows.narrow(0, 0, 3).clone().requires_grad_();
  auto second = rows.narrow(0, 3, 3).clone().requires_grad_();
  auto undivided = rows.clone().requires_grad_();
  auto blocks = make_optimizer({{"whole", whole}}, {.muon_block_rows = 3});
  auto apart = make_optimizer({{"first", first}, {"second", second}});
  auto plain =
      make_optimizer({{"undivided", undivided}}, {.muon_block_rows = 4});
  auto usual = rows.clone().requires_grad_();
  auto unblocked = make_optimizer({{"usual", usual}});
  whole.mutable_grad() = gradient.clone();
  first.mutable_grad() = gradient.narrow(0, 0, 3).clone();
  second.mutable_grad() = gradient.narrow(0, 3, 3).clone();
  undivided.mutable_grad() = gradient.clone();
  usual.mutable_grad() = gradient.clone();

  for (auto* optimizer : {&blocks, &apart, &plain, &unblocked}) {
    optimizer->step(/*rate_factor=*/1);
  }

  EXPECT_TRUE(torch::allclose(whole, torch::cat({first, second}), 0, 1e-6));
  EXPECT_FALSE(torch::allclose(whole, usual, 0, 1e-4));
  EXPECT_TRUE(torch::equal(undivided, usual));
}

TEST(OptimizerTest, UpdatesVectorsAsAdamWOfLibTorchDoes) {
  torch::manual_seed(1);
  auto ours = make_parameter({7});
  auto theirs = ours.detach().clone().requires_grad_();
  OptimizerConfig config;
  config.weight_decay = 0.1;
  config.clip_norm = 0;
  auto optimizer = make_optimizer({{"bias", ours}}, config);
  torch::optim::AdamW reference(
      {theirs},
      torch::optim::AdamWOptions(RateRule{}.adam)
          .betas({config.adam_beta1, config.adam_beta2})
          .eps(config.adam_epsilon)
          .weight_decay(config.weight_decay));

  for (int64_t step = 0; step < 5; ++step) {
    const auto gradient = torch::randn({7});
    ours.mutable_grad() = gradient.clone();
    theirs.mutable_grad() = gradient.clone();
    optimizer.step(/*rate_factor=*/1);
    reference.step();
  }

  EXPECT_TRUE(torch::allclose(ours, theirs, /*rtol=*/1e-6, /*atol=*/1e-7));
}

TEST(OptimizerTest, UsesAdamWForTablesAndTheHead) {
  torch::manual_seed(1);
  auto optimizer = make_optimizer(
      {{"decoder.token_embedding.weight", make_parameter({4, 4})},
       {"decoder.lm_head.weight", make_parameter({4, 4})},
       {"decoder.layers.0.attention.q_proj.weight", make_parameter({4, 4})}});

  const auto state = optimizer.state();

  EXPECT_TRUE(state.contains("adam_m.decoder.token_embedding.weight"));
  EXPECT_TRUE(state.contains("adam_v.decoder.lm_head.weight"));
  EXPECT_TRUE(state.contains("muon.decoder.layers.0.attention.q_proj.weight"));
  EXPECT_EQ(state.size(), 5);
}

TEST(OptimizerTest, FreezesParametersWithoutARule) {
  auto trained = make_parameter({3});
  auto frozen = make_parameter({3});

  Optimizer optimizer(
      with_masters({{"decoder.norm", trained}, {"encoder.norm", frozen}}),
      {RateRule{.match = "decoder.*"}},
      {});

  EXPECT_EQ(optimizer.parameters().size(), 1);
  EXPECT_TRUE(trained.requires_grad());
  EXPECT_FALSE(frozen.requires_grad());
}

TEST(OptimizerTest, UsesTheFirstRuleThatMatches) {
  auto slow = torch::zeros({1}).requires_grad_();
  auto fast = torch::zeros({1}).requires_grad_();
  Optimizer optimizer(
      with_masters({{"a.slow", slow}, {"a.fast", fast}}),
      {RateRule{.match = "*slow", .adam = 0.001},
       RateRule{.match = "a.*", .adam = 0.1}},
      {});
  slow.mutable_grad() = torch::ones({1});
  fast.mutable_grad() = torch::ones({1});

  optimizer.step(/*rate_factor=*/1);

  // Adam's first step is as long as its rate.
  EXPECT_NEAR(slow.item<double>(), -0.001, 1e-6);
  EXPECT_NEAR(fast.item<double>(), -0.1, 1e-4);
}

TEST(OptimizerTest, RefusesARuleThatMatchesNothing) {
  EXPECT_THAT(
      [] {
        Optimizer(
            with_masters({{"encoder.norm", make_parameter({3})}}),
            {RateRule{.match = "encodr.*"}},
            {});
      },
      ThrowsMessage<InputError>(HasSubstr("\"encodr.*\" has no effect")));
}

TEST(OptimizerTest, ClipsTheGradientsTogetherAndReturnsTheirNorm) {
  auto a = torch::zeros({2}).requires_grad_();
  auto b = torch::zeros({2, 1}).requires_grad_();
  OptimizerConfig config;
  config.clip_norm = 1;
  auto optimizer = make_optimizer({{"a", a}, {"b", b}}, config);
  a.mutable_grad() = torch::tensor({3.0F, 0.0F});
  b.mutable_grad() = torch::tensor({{0.0F}, {4.0F}});

  const auto norm = optimizer.clip_gradients();

  EXPECT_NEAR(norm.item<double>(), 5, 1e-5);
  EXPECT_NEAR(a.grad()[0].item<double>(), 0.6, 1e-5);
  EXPECT_NEAR(b.grad()[1][0].item<double>(), 0.8, 1e-5);
}

TEST(OptimizerTest, KeepsUpdatesThatTheModelsPrecisionWouldLose) {
  auto parameter = torch::ones({4}, torch::kBFloat16).requires_grad_();
  Optimizer optimizer(
      with_masters({{"norm", parameter}}),
      {RateRule{.match = "*", .adam = 1e-4}},
      {});

  for (int64_t step = 0; step < 100; ++step) {
    parameter.mutable_grad() = torch::ones({4}, torch::kBFloat16);
    optimizer.step(/*rate_factor=*/1);
  }

  // 1 - 1e-4 is 1 in bf16; a hundred such steps are not nothing.
  EXPECT_NEAR(parameter[0].item<double>(), 0.99, 0.004);
}

TEST(OptimizerTest, ContinuesFromARestoredState) {
  torch::manual_seed(1);
  auto straight = make_parameter({3, 5});
  auto resumed = straight.detach().clone().requires_grad_();
  const auto first = torch::randn({3, 5});
  const auto second = torch::randn({3, 5});
  auto undisturbed = make_optimizer({{"w", straight}});
  auto before = make_optimizer({{"w", resumed}});
  straight.mutable_grad() = first.clone();
  undisturbed.step(1);
  resumed.mutable_grad() = first.clone();
  before.step(1);

  auto after = make_optimizer({{"w", resumed}});
  for (const auto& [name, tensor] : before.state()) {
    after.state().at(name).copy_(tensor);
  }
  after.set_num_steps(before.num_steps());
  straight.mutable_grad() = second.clone();
  undisturbed.step(1);
  resumed.mutable_grad() = second.clone();
  after.step(1);

  EXPECT_TRUE(torch::equal(straight, resumed));
}

} // namespace
} // namespace microfiche::training
