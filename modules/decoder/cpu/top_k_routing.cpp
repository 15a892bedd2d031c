#include "decoder/cpu/top_k_routing.h"

#include <algorithm>
#include <cmath>

namespace microfiche::decoder {
namespace {

// Marks an expert as chosen; no probability is negative.
constexpr float kChosen = -1;

void apply_softmax(float* logits, int64_t count) {
  const float largest = *std::max_element(logits, logits + count);
  float total = 0;
  for (int64_t i = 0; i < count; ++i) {
    logits[i] = std::exp(logits[i] - largest);
    total += logits[i];
  }
  for (int64_t i = 0; i < count; ++i) {
    logits[i] /= total;
  }
}

} // namespace

void route_token(
    const TopKRouting& routing,
    float* logits,
    int64_t* ids,
    float* weights) {
  apply_softmax(logits, routing.num_experts);
  float total = 0;
  for (int64_t j = 0; j < routing.top_k; ++j) {
    int64_t best = -1;
    for (int64_t e = 0; e < routing.num_experts; ++e) {
      if (logits[e] != kChosen && (best < 0 || logits[e] > logits[best])) {
        best = e;
      }
    }
    ids[j] = best;
    weights[j] = logits[best];
    logits[best] = kChosen;
    total += weights[j];
  }
  for (int64_t j = 0; j < routing.top_k; ++j) {
    weights[j] =
        routing.norm_topk_prob ? weights[j] / (total + 1e-20F) : weights[j];
    weights[j] *= routing.scaling_factor;
  }
}

} // namespace microfiche::decoder
