#include "layers/rotary_embedding.h"

#include "kernels/cpu/rotary.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace microfiche::layers {
namespace {

Rotation at(std::vector<int64_t> positions, int64_t head_dim) {
  return make_rotation(
      torch::tensor(positions, torch::kInt64).unsqueeze(0),
      head_dim,
      /*theta=*/10000,
      torch::kFloat32);
}

TEST(RotaryEmbeddingTest, PositionZeroIsTheIdentity) {
  const auto x = torch::randn({1, 2, 1, 8});

  EXPECT_TRUE(torch::equal(apply_rotary(x, at({0}, 8)), x));
}

TEST(RotaryEmbeddingTest, RotatesPairsAcrossTheHalves) {
  // Dimensions 1 and 3 of 4 are one pair; its angle is 5 / sqrt(10000).
  const auto x = torch::tensor({0.f, 1.f, 0.f, 0.f}).view({1, 1, 1, 4});

  const auto rotated = apply_rotary(x, at({5}, 4)).flatten();

  EXPECT_NEAR(rotated[1].item<double>(), std::cos(0.05), 1e-6);
  EXPECT_NEAR(rotated[3].item<double>(), std::sin(0.05), 1e-6);
}

TEST(RotaryEmbeddingTest, ProductsDependOnlyOnTheDistance) {
  torch::manual_seed(0);
  const auto q = torch::randn({1, 1, 1, 16});
  const auto k = torch::randn({1, 1, 1, 16});
  const auto product = [&](int64_t q_position, int64_t k_position) {
    return (apply_rotary(q, at({q_position}, 16)) *
            apply_rotary(k, at({k_position}, 16)))
        .sum()
        .item<double>();
  };

  EXPECT_NEAR(product(9, 4), product(105, 100), 1e-4);
}

TEST(RotaryEmbeddingTest, TheKernelGivesTheSameBits) {
  torch::manual_seed(0);
  for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
    const auto x = torch::randn({3, 7, 5, 36}).to(dtype).transpose(1, 2);
    const auto angles = torch::randn({3, 1, 7, 18});
    const Rotation rotation{angles.cos().to(dtype), angles.sin().to(dtype)};
    auto y = torch::empty_like(x);
    kernels::RotaryRows rows;
    rows.x = x.const_data_ptr();
    rows.y = y.mutable_data_ptr();
    rows.cos = rotation.cos.const_data_ptr();
    rows.sin = rotation.sin.const_data_ptr();
    rows.is_bf16 = dtype == torch::kBFloat16;
    rows.heads = 5;
    rows.positions = 7;
    rows.half = 18;
    rows.angle_stride = rotation.cos.stride(0);
    for (int dim = 0; dim < 3; ++dim) {
      rows.x_strides[dim] = x.stride(dim);
      rows.y_strides[dim] = y.stride(dim);
    }

    kernels::apply_rotary_cpu(rows, 0, 3 * 7);

    EXPECT_TRUE(torch::equal(y, apply_rotary(x, rotation))) << dtype;
  }
}

} // namespace
} // namespace microfiche::layers
