#include "kernels/rel_pos_attention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace microfiche::kernels {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct AttentionInputs {
  torch::Tensor q, k, v, table_h, table_w;
  int64_t side;
};

AttentionInputs make_attention_inputs(int64_t side) {
  torch::manual_seed(0);
  const auto heads = [&] { return torch::randn({2, 3, side * side, 8}); };
  const auto table = [&] { return torch::randn({2 * side - 1, 8}); };
  return {heads(), heads(), heads(), table(), table(), side};
}

// The definition, one pair of positions at a time.
double logit(const AttentionInputs& in, int64_t q, int64_t k) {
  const auto query = in.q[1][2][q];
  const int64_t rows = q / in.side - k / in.side + in.side - 1;
  const int64_t columns = q % in.side - k % in.side + in.side - 1;
  return (query.dot(in.k[1][2][k]) / std::sqrt(8.0) +
          query.dot(in.table_h[rows]) + query.dot(in.table_w[columns]))
      .item<double>();
}

TEST(RelPosAttentionTest, TheReferenceIsTheDefinition) {
  const auto in = make_attention_inputs(3);
  const int64_t query = 5;
  auto logits = torch::empty({9});
  for (int64_t key = 0; key < 9; ++key) {
    logits[key] = logit(in, query, key);
  }

  const auto attended = rel_pos_attention_reference(
      in.q, in.k, in.v, in.table_h, in.table_w, in.side);

  const auto expected = torch::softmax(logits, 0).matmul(in.v[1][2]);
  EXPECT_TRUE(torch::allclose(attended[1][2][query], expected, 1e-4, 1e-5));
}

TEST(RelPosAttentionTest, BlocksMatchTheReference) {
  // An odd side leaves a last block of one row.
  for (const int64_t side : {4, 7, 30}) {
    const auto in = make_attention_inputs(side);

    const auto actual = rel_pos_attention_blocked(
        in.q, in.k, in.v, in.table_h, in.table_w, in.side);

    const auto expected = rel_pos_attention_reference(
        in.q, in.k, in.v, in.table_h, in.table_w, in.side);
    EXPECT_TRUE(torch::allclose(actual, expected, 1e-4, 1e-5)) << side;
  }
}

TEST(RelPosAttentionTest, BlocksOfBfloat16AreAsCloseAsTheReference) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  // 8 rows a block, and a rest.
  const int64_t side = 10;
  std::vector<torch::Tensor> exact;
  for (int i = 0; i < 3; ++i) {
    exact.push_back(torch::randn({2, 3, side * side, 16}));
  }
  for (int i = 0; i < 2; ++i) {
    exact.push_back(torch::randn({2 * side - 1, 16}));
  }
  std::vector<torch::Tensor> rounded;
  for (auto& tensor : exact) {
    rounded.push_back(tensor.to(torch::kBFloat16));
    tensor = rounded.back().to(torch::kFloat32);
  }
  const auto run = [&](auto attend, const std::vector<torch::Tensor>& in) {
    return attend(in[0], in[1], in[2], in[3], in[4], side).to(torch::kFloat32);
  };
  const auto expected = run(rel_pos_attention_reference, exact);

  const auto error =
      (run(rel_pos_attention_blocked, rounded) - expected).abs().max();

  // Both round the bias, two products of 16 terms, to 8 significant bits.
  const auto error_of_reference =
      (run(rel_pos_attention_reference, rounded) - expected).abs().max();
  EXPECT_LE(error.item<double>(), 1.5 * error_of_reference.item<double>());
}

TEST(RelPosAttentionTest, LargeGridsWorkInInferenceMode) {
  const torch::InferenceMode inference;
  const auto in = make_attention_inputs(30);

  const auto actual =
      rel_pos_attention(in.q, in.k, in.v, in.table_h, in.table_w, in.side);

  const auto expected = rel_pos_attention_reference(
      in.q, in.k, in.v, in.table_h, in.table_w, in.side);
  EXPECT_TRUE(torch::allclose(actual, expected, 1e-4, 1e-5));
}

TEST(RelPosAttentionTest, EveryInputOfALargeGridHasAGradient) {
  const auto in = make_attention_inputs(30);
  for (auto tensor : {in.q, in.k, in.v, in.table_h, in.table_w}) {
    tensor.requires_grad_();
  }

  rel_pos_attention(in.q, in.k, in.v, in.table_h, in.table_w, in.side)
      .square()
      .sum()
      .backward();

  for (const auto& tensor : {in.q, in.k, in.v, in.table_h, in.table_w}) {
    EXPECT_GT(tensor.grad().abs().max().item<double>(), 0);
  }
}

TEST(RelPosAttentionTest, RefusesATableOfAnotherGrid) {
  const auto in = make_attention_inputs(4);

  EXPECT_THAT(
      [&] {
        rel_pos_attention(
            in.q, in.k, in.v, in.table_h, torch::zeros({5, 8}), in.side);
      },
      ThrowsMessage<c10::Error>(
          HasSubstr("expected tables of shape (7, 8), got [5, 8]")));
}

} // namespace
} // namespace microfiche::kernels
