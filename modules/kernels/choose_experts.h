#pragma once

#include <cstdint>

namespace microfiche::kernels {

/// How a router chooses; see `decoder::RouterOptions`.
struct ExpertChoice {
  int64_t num_experts = 0;
  int64_t top_k = 0;
  bool norm_topk_prob = false;
  float scaling_factor = 1;
};

/// The best experts of one token, best first, and their weights: softmax over
/// all, then the `top_k` largest. Of two alike, and among NaN, the first.
///
/// Shapes: logits (num_experts), which are overwritten; ids and weights
/// (top_k).
void choose_experts(
    const ExpertChoice& choice,
    float* logits,
    int64_t* ids,
    float* weights);

} // namespace microfiche::kernels
