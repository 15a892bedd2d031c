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

// The logit of one pair of positions, from the definition.
double logit(const AttentionInputs& in, int64_t q, int64_t k) {
  const auto query = in.q[1][2][q];
  const int64_t rows = q / in.side - k / in.side + in.side - 1;
  const int64_t columns = q % in.side - k % in.side + in.side - 1;
  return (query.dot(in.k[1][2][k]) / std::sqrt(8.0) +
          query.dot(in.table_h[rows]) + query.dot(in.table_w[columns]))
      .item<double>();
}

TEST(RelPosAttentionTest, TheReferenceMatchesTheDefinition) {
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
  // Sides with fewer queries than a task, with a partial task, with several
  // blocks of keys, and with one or two vectors of columns.
  for (const int64_t side : {1, 4, 7, 16, 30}) {
    const auto in = make_attention_inputs(side);

    const auto actual = rel_pos_attention_blocked(
        in.q, in.k, in.v, in.table_h, in.table_w, in.side);

    const auto expected = rel_pos_attention_reference(
        in.q, in.k, in.v, in.table_h, in.table_w, in.side);
    EXPECT_TRUE(torch::allclose(actual, expected, 1e-4, 1e-5)) << side;
  }
}

TEST(RelPosAttentionTest, ExtendedChannelsMatchTheReference) {
  for (const int64_t side : {1, 7, 16, 30}) {
    const auto in = make_attention_inputs(side);

    const auto actual = rel_pos_attention_extended(
        in.q, in.k, in.v, in.table_h, in.table_w, in.side);

    const auto expected = rel_pos_attention_reference(
        in.q, in.k, in.v, in.table_h, in.table_w, in.side);
    EXPECT_TRUE(torch::allclose(actual, expected, 1e-4, 1e-5)) << side;
  }
}

TEST(RelPosAttentionTest, ExtendedChannelsHaveTheGradientsOfTheReference) {
  const auto gradients = [](auto attend, int64_t side) {
    const auto in = make_attention_inputs(side);
    std::vector<torch::Tensor> leaves = {
        in.q, in.k, in.v, in.table_h, in.table_w};
    for (auto& leaf : leaves) {
      leaf.requires_grad_();
    }
    attend(in.q, in.k, in.v, in.table_h, in.table_w, side)
        .square()
        .sum()
        .backward();
    for (auto& leaf : leaves) {
      leaf = leaf.grad();
    }
    return leaves;
  };
  for (const int64_t side : {4, 20}) {
    const auto expected = gradients(&rel_pos_attention_reference, side);

    const auto actual = gradients(&rel_pos_attention_extended, side);

    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(torch::allclose(actual[i], expected[i], 1e-3, 1e-4))
          << side << ", input " << i;
    }
  }
}

TEST(RelPosAttentionTest, Bfloat16IsAsCloseAsTheReference) {
  const torch::InferenceMode inference;
  torch::manual_seed(0);
  // Two blocks of keys, the second one partial.
  const int64_t side = 18;
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

  // All round the bias, two products of 16 terms, to 8 significant bits.
  const auto error_of_reference =
      (run(rel_pos_attention_reference, rounded) - expected).abs().max();
  for (const auto attend :
       {&rel_pos_attention_blocked, &rel_pos_attention_extended}) {
    const auto error = (run(attend, rounded) - expected).abs().max();
    EXPECT_LE(error.item<double>(), 1.5 * error_of_reference.item<double>());
  }
}

TEST(RelPosAttentionTest, BlocksSupportStridedHeads) {
  auto in = make_attention_inputs(5);
  const auto expected = rel_pos_attention_reference(
      in.q, in.k, in.v, in.table_h, in.table_w, in.side);
  // The heads of a position are contiguous, as after one matrix product; the
  // channels of the keys are not.
  in.q = in.q.transpose(1, 2).contiguous().transpose(1, 2);
  in.k = in.k.transpose(2, 3).contiguous().transpose(2, 3);

  const auto actual = rel_pos_attention_blocked(
      in.q, in.k, in.v, in.table_h, in.table_w, in.side);

  EXPECT_TRUE(torch::allclose(actual, expected, 1e-4, 1e-5));
}

TEST(RelPosAttentionTest, TheNumberOfThreadsChangesNoBit) {
  const int threads = torch::get_num_threads();
  for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
    const auto in = make_attention_inputs(9);
    const auto run = [&](int num_threads) {
      torch::set_num_threads(num_threads);
      return rel_pos_attention_blocked(
          in.q.to(dtype),
          in.k.to(dtype),
          in.v.to(dtype),
          in.table_h.to(dtype),
          in.table_w.to(dtype),
          in.side);
    };
    const auto alone = run(1);
    for (const int others : {2, 3, 5}) {
      EXPECT_TRUE(torch::equal(run(others), alone)) << others << " " << dtype;
    }
  }
  torch::set_num_threads(threads);
}

TEST(RelPosAttentionTest, PropagatesNanOnlyToDependentOutputs) {
  for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
    auto in = make_attention_inputs(6);
    in.q[0][0][7].fill_(std::nan(""));
    in.k[0][1][30].fill_(std::nan(""));
    in.v[0][2][1].fill_(std::nan(""));

    const auto is_nan = rel_pos_attention_blocked(
                            in.q.to(dtype),
                            in.k.to(dtype),
                            in.v.to(dtype),
                            in.table_h.to(dtype),
                            in.table_w.to(dtype),
                            in.side)
                            .isnan();

    EXPECT_TRUE(is_nan[0][0][7].all().item<bool>());
    EXPECT_EQ(is_nan[0][0].sum().item<int64_t>(), 8);
    EXPECT_TRUE(is_nan[0][1].all().item<bool>());
    EXPECT_TRUE(is_nan[0][2].all().item<bool>());
    EXPECT_FALSE(is_nan[1].any().item<bool>());
  }
}

TEST(RelPosAttentionTest, LargeGridsMatchTheReference) {
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
