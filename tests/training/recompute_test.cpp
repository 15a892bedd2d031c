#include "layers/recompute.h"

#include "tests/training/golden.h"
#include "training/loss/loss.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <malloc.h>

#include <map>

namespace microfiche::training {
namespace {

/// Bytes of the heap and of the larger blocks that are in use.
size_t allocated_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

struct GoldenPass {
  double loss = 0;
  /// Held between forward and backward.
  size_t bytes = 0;
  std::map<std::string, torch::Tensor> gradients;
};

/// Forward and backward of the first golden batch.
GoldenPass pass_golden_batch(bool recompute) {
  const tests::Golden golden("losses.safetensors");
  auto loaded = tests::make_golden_model(golden);
  loaded.model->train();
  loaded.model->set_recompute(recompute);
  const auto batch =
      to_device(tests::golden_batch(golden, 0), loaded.model->tensor_options());
  LossFunction loss(loaded, /*heads=*/{});
  const size_t before = allocated_bytes();

  const auto total = loss(batch, {{"balance", 0.01}}).total;
  GoldenPass pass;
  pass.bytes = allocated_bytes() - before;
  total.backward();

  pass.loss = total.item<double>();
  for (const auto& item : loaded.model->named_parameters()) {
    pass.gradients[item.key()] = item.value().grad();
  }
  return pass;
}

TEST(RecomputedModelTest, HasTheSameGradients) {
  const auto kept = pass_golden_batch(/*recompute=*/false);
  const auto recomputed = pass_golden_batch(/*recompute=*/true);

  // ATen's attention without gradients is another kernel, which rounds
  // differently.
  EXPECT_NEAR(recomputed.loss, kept.loss, 1e-6 * kept.loss);
  for (const auto& [name, gradient] : kept.gradients) {
    const auto& other = recomputed.gradients.at(name);
    ASSERT_EQ(other.defined(), gradient.defined()) << name;
    // The router's gradients from reading and balance come in another order.
    EXPECT_TRUE(
        !gradient.defined() || torch::allclose(other, gradient, 1e-5, 1e-7))
        << name;
  }
}

TEST(RecomputedModelTest, NeedsLessThanHalfTheMemoryBetweenForwardAndBackward) {
  const auto kept = pass_golden_batch(/*recompute=*/false);
  const auto recomputed = pass_golden_batch(/*recompute=*/true);

  EXPECT_LT(2 * recomputed.bytes, kept.bytes)
      << recomputed.bytes << " and " << kept.bytes << " bytes";
}

} // namespace
} // namespace microfiche::training
