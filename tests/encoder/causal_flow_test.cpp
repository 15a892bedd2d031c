#include "encoder/causal_flow.h"

#include "model/loaded_model.h"
#include "tests/support/parity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace microfiche::encoder {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Queries for views of 2 x 2 and of 3 x 3 tokens.
CausalFlowOptions small_flow() {
  return CausalFlowOptions()
      .width(24)
      .layers(2)
      .heads(6)
      .kv_heads(2)
      .inner_width(20)
      .view_sides_px({64, 96})
      .pixels_per_token(32);
}

CausalFlow make_small_flow() {
  torch::manual_seed(0);
  CausalFlow flow(small_flow());
  const torch::NoGradGuard no_grad;
  for (auto& parameter : flow->parameters()) {
    parameter.normal_(0, 0.3);
  }
  return flow;
}

class CausalFlowParityTest : public ::testing::TestWithParam<std::string> {};

TEST_P(CausalFlowParityTest, EveryStageMatchesThePublishedEncoder) {
  const auto& size = GetParam();
  const tests::ParityFile golden("encoder.safetensors", "parity_v2");
  auto loaded = model::load_model(tests::data_path("parity_v2/model"));
  const torch::InferenceMode inference;
  auto& encoder = loaded.model->encoder;
  const auto flow =
      std::dynamic_pointer_cast<CausalFlowImpl>(encoder->second_stage);
  ASSERT_NE(flow, nullptr);
  const auto expect = [&](const std::string& stage,
                          const torch::Tensor& actual) {
    const auto name = stage + "." + size;
    EXPECT_LT(tests::relative_error(actual, golden[name]), 1e-4) << name;
  };
  const auto pixels =
      tests::parity_pixels("parity_v2/encoder_" + size + ".png");

  const auto stages = encoder->stages(pixels);

  if (golden.has("neck." + size)) {
    const auto neck = encoder->sam->forward(pixels);
    expect("neck", neck.slice(/*dim=*/1, 0, std::nullopt, /*step=*/8));
  }
  expect("sam", stages.sam);
  const auto x = flow->append_queries(stages.sam);
  expect(
      "layer0",
      flow->layers->ptr<FlowLayerImpl>(0)->forward(x, flow->make_context(x)));
  expect("hidden", flow->run_layers(x));
  // The second half are the queries.
  EXPECT_LT(
      tests::relative_error(
          stages.second, golden["hidden." + size].chunk(2, /*dim=*/1)[1]),
      1e-4);
  expect("tokens", stages.tokens);
}

INSTANTIATE_TEST_SUITE_P(
    PageSides,
    CausalFlowParityTest,
    ::testing::Values("768", "1024"));

TEST(CausalFlowTest, Bfloat16IsCloseToFloat32) {
  const tests::ParityFile golden("encoder.safetensors", "parity_v2");
  auto loaded = model::load_model(tests::data_path("parity_v2/model"));
  const torch::InferenceMode inference;
  auto& encoder = loaded.model->encoder;
  encoder->to(torch::kBFloat16);
  const auto map = golden["sam.768"].to(torch::kBFloat16);

  const auto tokens = encoder->project(map, encoder->second_stage->forward(map))
                          .to(torch::kFloat32);

  // Three layers round their residual stream by a relative 2^-9 a few times:
  // sqrt(3 * 4) * 2e-3 = 7e-3 typically. The largest error of ten thousand
  // values is about four times that.
  EXPECT_LT(tests::relative_error(tokens, golden["tokens.768"]), 4e-2);
}

TEST(CausalFlowTest, TokensDoNotSeeTheQueries) {
  auto flow = make_small_flow();
  const torch::InferenceMode inference;
  const auto x = flow->append_queries(torch::randn({1, 24, 3, 3}));
  auto changed = x.clone();
  changed.narrow(1, 9, 9).normal_();

  const auto before = flow->run_layers(x);
  const auto after = flow->run_layers(changed);

  EXPECT_TRUE(torch::equal(after.narrow(1, 0, 9), before.narrow(1, 0, 9)));
  EXPECT_FALSE(torch::allclose(after.narrow(1, 9, 9), before.narrow(1, 9, 9)));
}

TEST(CausalFlowTest, AQuerySeesItselfAndTheQueriesBeforeIt) {
  auto flow = make_small_flow();
  const torch::InferenceMode inference;
  const auto map = torch::randn({1, 24, 2, 2});
  const auto before = flow->forward(map);

  flow->queries[0][2].normal_();
  const auto after = flow->forward(map);

  EXPECT_TRUE(torch::equal(after.narrow(1, 0, 2), before.narrow(1, 0, 2)));
  for (int64_t query = 2; query < 4; ++query) {
    EXPECT_FALSE(torch::allclose(after[0][query], before[0][query])) << query;
  }
}

TEST(CausalFlowTest, EveryTokenReachesTheFirstQuery) {
  auto flow = make_small_flow();
  const torch::InferenceMode inference;
  auto map = torch::randn({1, 24, 2, 2});
  const auto before = flow->forward(map);

  map.select(2, 1).select(2, 1).normal_(); // The last token.

  EXPECT_FALSE(torch::allclose(flow->forward(map)[0][0], before[0][0]));
}

TEST(CausalFlowTest, FewerQueriesThanTokensSeeAllTokens) {
  // 4 queries for 2 views of 4 x 4 tokens, in place of 16.
  torch::manual_seed(0);
  CausalFlow flow(small_flow().view_sides_px({128}).squares_per_query(4));
  const torch::InferenceMode inference;
  for (auto& parameter : flow->parameters()) {
    parameter.normal_(0, 0.3);
  }
  const auto map = torch::randn({2, 24, 4, 4});
  const auto before = flow->forward(map);
  ASSERT_EQ(before.sizes(), (std::vector<int64_t>{2, 4, 24}));

  // The last token reaches the first query, and no query reaches the tokens.
  auto changed = map.clone();
  changed.select(2, 3).select(2, 3).normal_();
  EXPECT_FALSE(torch::allclose(flow->forward(changed)[0][0], before[0][0]));
  const auto x = flow->append_queries(map);
  ASSERT_EQ(x.size(1), 20);
  auto other_queries = x.clone();
  other_queries.narrow(1, 16, 4).normal_();
  EXPECT_TRUE(torch::equal(
      flow->run_layers(other_queries).narrow(1, 0, 16),
      flow->run_layers(x).narrow(1, 0, 16)));

  // A query sees those before it, not those after it.
  flow->queries[0][2].normal_();
  const auto after = flow->forward(map);
  EXPECT_TRUE(torch::equal(after.narrow(1, 0, 2), before.narrow(1, 0, 2)));
  EXPECT_FALSE(torch::allclose(after[0][3], before[0][3]));
}

TEST(CausalFlowTest, RefusesQueriesThatDoNotShareTheTokensEvenly) {
  EXPECT_THAT(
      [] { CausalFlow(small_flow().squares_per_query(2)); },
      ThrowsMessage<c10::ValueError>(
          HasSubstr("must divide the 9 tokens of a view of 96 px, got 2")));
}

TEST(CausalFlowTest, ViewsOfABatchDoNotInfluenceEachOther) {
  auto flow = make_small_flow();
  const torch::InferenceMode inference;
  const auto maps = torch::randn({2, 24, 3, 3});

  const auto together = flow->forward(maps);

  for (int64_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(torch::allclose(
        together[i], flow->forward(maps.narrow(0, i, 1))[0], 1e-4, 1e-5));
  }
}

TEST(CausalFlowTest, EveryWeightHasAGradientAndRecomputingGivesTheSame) {
  const auto gradients = [](bool recompute) {
    auto flow = make_small_flow();
    flow->set_recompute(recompute);
    torch::manual_seed(1);
    (flow->forward(torch::randn({2, 24, 2, 2})).square().sum() +
     flow->forward(torch::randn({2, 24, 3, 3})).square().sum())
        .backward();
    std::vector<torch::Tensor> all;
    for (const auto& parameter : flow->named_parameters()) {
      EXPECT_TRUE(parameter->grad().defined()) << parameter.key();
      EXPECT_GT(parameter->grad().abs().max().item<double>(), 0)
          << parameter.key();
      all.push_back(parameter->grad().flatten());
    }
    return torch::cat(all);
  };

  EXPECT_TRUE(torch::allclose(gradients(false), gradients(true)));
}

TEST(CausalFlowTest, ACloneSharesNoWeights) {
  auto flow = make_small_flow();
  const torch::NoGradGuard no_grad;
  const auto map = torch::randn({1, 24, 2, 2});
  const auto before = flow->forward(map);

  auto copy = std::dynamic_pointer_cast<CausalFlowImpl>(flow->clone());
  for (auto& parameter : flow->parameters()) {
    parameter.zero_();
  }

  EXPECT_TRUE(torch::equal(copy->forward(map), before));
}

TEST(CausalFlowTest, RefusesAViewWithoutQueries) {
  auto flow = make_small_flow();

  EXPECT_THAT(
      [&] {
        flow->forward(torch::zeros({1, 24, 4, 4}));
      },
      ThrowsMessage<c10::Error>(
          HasSubstr("queries for views of [64, 96] px, got 128 px")));
}

TEST(CausalFlowTest, RefusesAMapOfAnotherWidth) {
  auto flow = make_small_flow();

  EXPECT_THAT(
      [&] {
        flow->forward(torch::zeros({1, 16, 3, 3}));
      },
      ThrowsMessage<c10::Error>(
          HasSubstr("of shape (B, 24, n, n), got [1, 16, 3, 3]")));
}

TEST(CausalFlowTest, RefusesHeadsThatDoNotDivide) {
  EXPECT_THAT(
      [] { CausalFlow(small_flow().kv_heads(4)); },
      ThrowsMessage<c10::ValueError>(HasSubstr("6 heads of 4 channels")));
}

} // namespace
} // namespace microfiche::encoder
