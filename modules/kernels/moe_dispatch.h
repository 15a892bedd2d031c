#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <optional>

namespace microfiche::kernels {

/// The matrices of one expert, down(silu(gate(x)) * up(x)).
///
/// Shapes: gate and up (I, D), down (D, I); scales as in `linear`, undefined
/// unless the matrices are quantized.
struct ExpertWeights {
  torch::Tensor gate;
  torch::Tensor up;
  torch::Tensor down;
  torch::Tensor gate_scale = {};
  torch::Tensor up_scale = {};
  torch::Tensor down_scale = {};
};

/// The experts of a layer.
struct Experts {
  int64_t count = 0;

  /// The matrices of expert e in [0, count); only called for experts that have
  /// tokens.
  std::function<ExpertWeights(int64_t e)> weights;

  /// Runs on every token, with weight one.
  std::optional<ExpertWeights> shared;

  /// The matrices of all experts as one tensor each, (E, I, D) and (E, D, I),
  /// if they are stored so. It spares a GPU a copy.
  std::optional<ExpertWeights> stacked = {};
};

/// Sends each token to its experts and sums their outputs,
/// y[n] = sum over j of weights[n, j] * expert[ids[n, j]](x[n]) + shared(x[n]),
/// with the sum over j in float32.
///
/// Shapes:
///   x: (N, D)
///   expert_ids: (N, top_k) int64, each in [0, experts.count)
///   weights: (N, top_k) float32
///   returns: (N, D) in the dtype of x
///
/// Tokens are sorted by expert. Without gradients, threads of a CPU share the
/// products of all experts. A GPU takes `moe_dispatch_grouped` for stacked
/// experts or many tokens. Everything else is `moe_dispatch_sorted`.
///
/// Throws `c10::Error` when the shapes do not fit each other.
torch::Tensor moe_dispatch(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts);

/// Whether experts of these shapes and types can be one grouped product, whose
/// rows begin at multiples of 16 bytes and whose weights are not quantized.
bool fits_grouped_product(const ExpertWeights& expert);

/// The definition of `moe_dispatch`: every expert runs on every token, with
/// weight 0 where it was not chosen.
torch::Tensor moe_dispatch_reference(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts);

/// Runs one expert after the other. Any device, differentiable.
torch::Tensor moe_dispatch_sorted(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts);

/// `moe_dispatch_sorted` for experts that are functions, without a shared one.
/// `run_expert` maps the tokens of expert e, (n, D), to their outputs, (n, D).
torch::Tensor run_experts_sorted(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    int64_t num_experts,
    const std::function<torch::Tensor(int64_t e, const torch::Tensor& tokens)>&
        run_expert);

/// Runs all experts as one `at::_grouped_mm`: on a GPU many small products wait
/// for their launches. The host does not wait for the device. Differentiable.
torch::Tensor moe_dispatch_grouped(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const Experts& experts);

} // namespace microfiche::kernels
