#pragma once

#include "kernels/linear.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace microfiche::kernels {

/// The matrices of one expert, down(silu(gate(x)) * up(x)).
///
/// Shapes: gate and up (I, D), down (D, I); scales as in `linear`, undefined
/// unless the matrices are int8; low-rank additions may be null.
struct ExpertWeights {
  torch::Tensor gate;
  torch::Tensor up;
  torch::Tensor down;
  torch::Tensor gate_scale = {};
  torch::Tensor up_scale = {};
  torch::Tensor down_scale = {};
  std::shared_ptr<const LowRank> gate_low_rank = nullptr;
  std::shared_ptr<const LowRank> up_low_rank = nullptr;
  std::shared_ptr<const LowRank> down_low_rank = nullptr;
};

/// The experts of a layer.
struct Experts {
  int64_t count = 0;

  /// The matrices of expert e in [0, count); asked for those that tokens go to.
  std::function<ExpertWeights(int64_t e)> weights;

  /// One that every token goes to, with weight one.
  std::optional<ExpertWeights> shared;

  /// The matrices of all experts as one tensor each, (E, I, D) and (E, D, I),
  /// where they lie so in memory. It spares a GPU a copy.
  std::optional<ExpertWeights> stacked = {};

  /// Some expert, or the shared one, has a low-rank addition.
  bool have_low_rank = false;
};

/// Sends each token to its experts and adds up what they answer,
/// y[n] = sum over j of weights[n, j] * expert[ids[n, j]](x[n]) + shared(x[n]),
/// with the sum over j in float32.
///
/// Shapes:
///   x: (N, D)
///   expert_ids: (N, top_k) int64, each in [0, experts.count)
///   weights: (N, top_k) float32
///   returns: (N, D) in the dtype of x
///
/// Tokens are sorted by expert, so that each expert sees one matrix of its own
/// tokens; on a GPU, where many small products wait for their launches, all
/// experts are one grouped product (`at::_grouped_mm`), for which the host
/// waits for nothing; on a CPU, without gradients, experts write their answers
/// side by side, and all of them start at once. With low-rank additions they
/// run one after the other.
///
/// Throws `c10::Error` when the shapes do not fit each other.
torch::Tensor moe_dispatch(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts);

/// Whether experts of these shapes and types may be one grouped product, whose
/// rows begin at multiples of 16 bytes and which knows no int8.
bool fits_grouped_product(const ExpertWeights& expert);

/// What `moe_dispatch` means: every expert answers every token, with weight 0
/// where it was not asked.
torch::Tensor moe_dispatch_reference(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts);

/// The ways in which `moe_dispatch` runs; callers leave the choice to it. Only
/// the first knows low-rank additions. The last gives no gradients and wants
/// everything on the CPU, in float32 or bfloat16.
torch::Tensor moe_dispatch_sorted(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts);
torch::Tensor moe_dispatch_grouped(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts);
torch::Tensor moe_dispatch_cpu(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts);

} // namespace microfiche::kernels
