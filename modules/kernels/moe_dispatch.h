#pragma once

#include <torch/types.h>

#include <vector>

namespace microfiche::kernels {

/// The matrices of one expert, down(silu(gate(x)) * up(x)).
///
/// Shapes: gate and up (I, D), down (D, I); scales as in `linear`, undefined
/// unless the matrices are int8.
struct ExpertWeights {
  torch::Tensor gate;
  torch::Tensor up;
  torch::Tensor down;
  torch::Tensor gate_scale = {};
  torch::Tensor up_scale = {};
  torch::Tensor down_scale = {};
};

/// Sends each token to its experts and adds up what they answer,
/// y[n] = sum over j of weights[n, j] * expert[ids[n, j]](x[n]),
/// with the sum in float32.
///
/// Shapes:
///   x: (N, D)
///   expert_ids: (N, top_k) int64, each in [0, experts.size())
///   weights: (N, top_k) float32
///   returns: (N, D) in the dtype of x
///
/// Tokens are sorted by expert, so that each expert sees one matrix of its own
/// tokens; on a GPU, where many small products wait for their launches, the
/// experts run as one batched product over equally long, zero-padded lists.
///
/// Throws `c10::Error` when the shapes do not fit each other.
torch::Tensor moe_dispatch(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const std::vector<ExpertWeights>& experts);

/// What `moe_dispatch` means: every expert answers every token, with weight 0
/// where it was not asked.
torch::Tensor moe_dispatch_reference(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const std::vector<ExpertWeights>& experts);

/// The two ways in which `moe_dispatch` runs; callers leave the choice to it.
torch::Tensor moe_dispatch_sorted(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const std::vector<ExpertWeights>& experts);
torch::Tensor moe_dispatch_batched(
    const torch::Tensor& x,
    const torch::Tensor& expert_ids,
    const torch::Tensor& weights,
    const std::vector<ExpertWeights>& experts);

} // namespace microfiche::kernels
