#pragma once

#include <cstdint>

namespace microfiche::decoder {

/// The settings of a top-k router; see `RouterOptions`.
struct TopKRouting {
  int64_t num_experts = 0;
  int64_t top_k = 0;
  bool norm_topk_prob = false;
  float scaling_factor = 1;
};

/// Routes one token: softmax over all experts, then the `top_k` most probable
/// ones, best first. Among equal logits and among NaN the first expert wins.
///
/// Shapes: logits (num_experts), which are overwritten; ids and weights
/// (top_k).
void route_token(
    const TopKRouting& routing,
    float* logits,
    int64_t* ids,
    float* weights);

} // namespace microfiche::decoder
