#include "kernels/moe_dispatch.h"

#include "tests/kernels/dtype_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace microfiche::kernels {
namespace {

using ::testing::Each;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::ResultOf;
using ::testing::ThrowsMessage;

constexpr int64_t kExperts = 5, kTopK = 2, kWidth = 16, kInner = 24;

struct MoeInputs {
  torch::Tensor x, ids, weights;
  // The last one is shared.
  std::vector<ExpertWeights> matrices;
  Experts experts;

  std::vector<torch::Tensor> leaves() const {
    std::vector<torch::Tensor> tensors = {x, weights};
    for (const auto& expert : matrices) {
      tensors.insert(tensors.end(), {expert.gate, expert.up, expert.down});
    }
    return tensors;
  }
};

// No token chooses expert 3.
MoeInputs make_moe_inputs(int64_t tokens, torch::TensorOptions options = {}) {
  torch::manual_seed(0);
  MoeInputs in;
  in.x = torch::randn({tokens, kWidth}).to(options);
  auto scores = torch::rand({tokens, kExperts});
  scores.select(1, 3).fill_(-1);
  const auto best = scores.topk(kTopK, /*dim=*/1);
  in.ids = std::get<1>(best).to(options.device());
  in.weights = std::get<0>(best).to(options.device());
  for (int64_t e = 0; e <= kExperts; ++e) {
    const auto matrix = [&](int64_t out, int64_t inner) {
      return (torch::randn({out, inner}) * 0.3).to(options);
    };
    in.matrices.push_back(
        {matrix(kInner, kWidth),
         matrix(kInner, kWidth),
         matrix(kWidth, kInner)});
  }
  const auto matrices = in.matrices;
  in.experts = {
      kExperts, [matrices](int64_t e) { return matrices[e]; }, matrices.back()};
  return in;
}

using Dispatch = decltype(&moe_dispatch);

class MoeDispatchTest : public ::testing::TestWithParam<Dispatch> {};

TEST_P(MoeDispatchTest, MatchesTheReference) {
  for (const int64_t tokens : {1, 3, 64}) {
    const auto in = make_moe_inputs(tokens);

    const auto actual = GetParam()(in.x, in.ids, in.weights, in.experts);

    const auto expected =
        moe_dispatch_reference(in.x, in.ids, in.weights, in.experts);
    EXPECT_TRUE(torch::allclose(actual, expected, 1e-4, 1e-5)) << tokens;
  }
}

TEST_P(MoeDispatchTest, RunsWithoutASharedExpert) {
  auto in = make_moe_inputs(3);
  in.experts.shared.reset();

  const auto actual = GetParam()(in.x, in.ids, in.weights, in.experts);

  const auto expected =
      moe_dispatch_reference(in.x, in.ids, in.weights, in.experts);
  EXPECT_TRUE(torch::allclose(actual, expected, 1e-4, 1e-5));
}

TEST(MoeDispatchGroupedTest, UsesStackedMatrices) {
  auto in = make_moe_inputs(64);
  const auto stack = [&](torch::Tensor ExpertWeights::*matrix) {
    std::vector<torch::Tensor> matrices;
    for (int64_t e = 0; e < kExperts; ++e) {
      matrices.push_back(in.matrices[e].*matrix);
    }
    return torch::stack(matrices);
  };
  const auto expected =
      moe_dispatch_grouped(in.x, in.ids, in.weights, in.experts);
  in.experts.stacked = {
      stack(&ExpertWeights::gate),
      stack(&ExpertWeights::up),
      stack(&ExpertWeights::down)};
  in.experts.weights = [](int64_t) -> ExpertWeights {
    throw std::logic_error("requested the weights of one expert");
  };

  const auto actual =
      moe_dispatch_grouped(in.x, in.ids, in.weights, in.experts);

  EXPECT_TRUE(torch::equal(actual, expected));
}

TEST_P(MoeDispatchTest, GradientsMatchTheReference) {
  const auto gradients = [](Dispatch dispatch) {
    const auto in = make_moe_inputs(32);
    for (auto leaf : in.leaves()) {
      leaf.requires_grad_();
    }
    dispatch(in.x, in.ids, in.weights, in.experts).square().sum().backward();
    std::vector<torch::Tensor> result;
    for (const auto& leaf : in.leaves()) {
      // An expert without tokens may have no gradient.
      result.push_back(
          leaf.grad().defined() ? leaf.grad() : torch::zeros_like(leaf));
    }
    return result;
  };

  const auto expected = gradients(&moe_dispatch_reference);
  const auto actual = gradients(GetParam());

  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(torch::allclose(actual[i], expected[i], 1e-3, 1e-4)) << i;
  }
}

std::string dispatch_name(const ::testing::TestParamInfo<Dispatch>& info) {
  const std::vector<std::string> names = {"Chosen", "Sorted", "Grouped"};
  return names[info.index];
}

// oneDNN generates code for each number of bfloat16 rows, so training gives
// experts few different ones. The copies must not count.
TEST(MoeDispatchSortedTest, WithGradientsExpertsSeeMultiplesOf64Rows) {
  for (const int64_t tokens : {1, 100, 333}) {
    auto in = make_moe_inputs(tokens, torch::kBFloat16);
    in.experts.shared.reset();
    const auto gradients_of = [&](const auto& dispatch) {
      for (auto& leaf : in.leaves()) {
        leaf.requires_grad_();
        leaf.mutable_grad().reset();
      }
      dispatch().square().sum().backward();
      std::vector<torch::Tensor> gradients;
      for (const auto& leaf : in.leaves()) {
        gradients.push_back(
            leaf.grad().defined() ? leaf.grad().clone()
                                  : torch::zeros_like(leaf));
      }
      return gradients;
    };
    std::vector<int64_t> rows_seen;
    const auto expected = gradients_of([&] {
      return moe_dispatch_reference(in.x, in.ids, in.weights, in.experts);
    });

    const auto actual = gradients_of([&] {
      return run_experts_sorted(
          in.x,
          in.ids,
          in.weights,
          kExperts,
          [&](int64_t e, const torch::Tensor& rows) {
            rows_seen.push_back(rows.size(0));
            const auto& expert = in.matrices[e];
            return torch::linear(
                torch::silu(torch::linear(rows, expert.gate)) *
                    torch::linear(rows, expert.up),
                expert.down);
          });
    });

    EXPECT_THAT(
        rows_seen, Each(ResultOf([](int64_t n) { return n % 64; }, Eq(0))));
    for (size_t i = 0; i < actual.size(); ++i) {
      const auto length = expected[i].to(torch::kFloat64).norm();
      const auto error = (actual[i] - expected[i]).to(torch::kFloat64).norm();
      EXPECT_LE(error.item<double>(), 0.03 * length.item<double>())
          << tokens << " tokens, leaf " << i;
    }
  }
}

TEST(MoeDispatchSortedTest, Float32TrainingRepeatsNoRows) {
  constexpr int64_t kTokens = 100;
  auto in = make_moe_inputs(kTokens);
  in.x.requires_grad_();
  int64_t rows_seen = 0;

  run_experts_sorted(
      in.x,
      in.ids,
      in.weights,
      kExperts,
      [&](int64_t, const torch::Tensor& rows) {
        rows_seen += rows.size(0);
        return rows;
      });

  EXPECT_EQ(rows_seen, kTokens * kTopK);
}

INSTANTIATE_TEST_SUITE_P(
    Dispatches,
    MoeDispatchTest,
    ::testing::Values(
        &moe_dispatch,
        &moe_dispatch_sorted,
        &moe_dispatch_grouped),
    dispatch_name);

class MoeDtypeTest : public ::testing::TestWithParam<DtypeCase> {};

TEST_P(MoeDtypeTest, MatchesTheFloat32Reference) {
  const auto [device, dtype, tolerance] = GetParam();
  if (device == torch::kCUDA && !torch::cuda::is_available()) {
    GTEST_SKIP() << "no GPU on this machine";
  }
  const auto reference = make_moe_inputs(64);
  const auto in =
      make_moe_inputs(64, torch::TensorOptions(device).dtype(dtype));

  const auto actual = moe_dispatch(in.x, in.ids, in.weights, in.experts);

  EXPECT_EQ(actual.scalar_type(), dtype);
  const auto expected = moe_dispatch_reference(
      reference.x, reference.ids, reference.weights, reference.experts);
  const auto error =
      (actual.to(torch::kCPU, torch::kFloat32) - expected).abs().max() /
      expected.abs().max();
  EXPECT_LT(error.item<double>(), tolerance);
}

// bfloat16 rounds to 2^-8 = 4e-3: x, the weights, both inner products, the gate
// and the output. A GPU may sum float32 products in another order.
INSTANTIATE_TEST_SUITE_P(
    Dtypes,
    MoeDtypeTest,
    ::testing::Values(
        DtypeCase{torch::kCPU, torch::kBFloat16, 2.5e-2},
        DtypeCase{torch::kCUDA, torch::kFloat32, 1e-5},
        DtypeCase{torch::kCUDA, torch::kBFloat16, 2.5e-2}),
    ::testing::PrintToStringParamName());

class MoeWithoutGradientTest : public ::testing::TestWithParam<torch::Dtype> {};

// Both round the same numbers to the dtype; only float32 sums may differ.
TEST_P(MoeWithoutGradientTest, MatchesOneExpertAfterTheOther) {
  for (const int64_t tokens : {1, 3, 300}) {
    for (const bool is_shared : {true, false}) {
      auto in = make_moe_inputs(tokens, GetParam());
      if (!is_shared) {
        in.experts.shared.reset();
      }

      const auto actual = moe_dispatch(in.x, in.ids, in.weights, in.experts);

      const auto expected =
          moe_dispatch_sorted(in.x, in.ids, in.weights, in.experts);
      EXPECT_EQ(actual.scalar_type(), GetParam());
      const double tolerance = GetParam() == torch::kFloat32 ? 1e-6 : 8e-3;
      const auto error = (actual - expected).abs().max() / expected.abs().max();
      EXPECT_LE(error.item<double>(), tolerance) << tokens << ", " << is_shared;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Dtypes,
    MoeWithoutGradientTest,
    ::testing::Values(torch::kFloat32, torch::kBFloat16));

TEST(MoeDispatchErrorTest, RefusesAnExpertThatDoesNotExist) {
  const torch::InferenceMode inference;
  const auto in = make_moe_inputs(4);

  EXPECT_THAT(
      [&] { moe_dispatch(in.x, in.ids + 3, in.weights, in.experts); },
      ThrowsMessage<c10::Error>(HasSubstr("expected expert ids in [0, 5)")));
}

TEST(MoeDispatchErrorTest, RefusesWeightsThatDoNotFitTheChoices) {
  const auto in = make_moe_inputs(4);

  EXPECT_THAT(
      [&] {
        moe_dispatch(in.x, in.ids, in.weights.narrow(1, 0, 1), in.experts);
      },
      ThrowsMessage<c10::Error>(
          HasSubstr("expert_ids and weights of shape (4, top_k), got [4, 2] "
                    "and [4, 1]")));
}

} // namespace
} // namespace microfiche::kernels
