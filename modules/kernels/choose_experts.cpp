#include "kernels/choose_experts.h"

#include <algorithm>
#include <cmath>

namespace microfiche::kernels {
namespace {

// No probability.
constexpr float kTaken = -1;

void apply_softmax(float* numbers, int64_t count) {
  const float largest = *std::max_element(numbers, numbers + count);
  float total = 0;
  for (int64_t i = 0; i < count; ++i) {
    numbers[i] = std::exp(numbers[i] - largest);
    total += numbers[i];
  }
  for (int64_t i = 0; i < count; ++i) {
    numbers[i] /= total;
  }
}

} // namespace

void choose_experts(
    const ExpertChoice& choice,
    float* logits,
    int64_t* ids,
    float* weights) {
  apply_softmax(logits, choice.num_experts);
  float total = 0;
  for (int64_t j = 0; j < choice.top_k; ++j) {
    int64_t best = -1;
    for (int64_t e = 0; e < choice.num_experts; ++e) {
      if (logits[e] != kTaken && (best < 0 || logits[e] > logits[best])) {
        best = e;
      }
    }
    ids[j] = best;
    weights[j] = logits[best];
    logits[best] = kTaken;
    total += weights[j];
  }
  for (int64_t j = 0; j < choice.top_k; ++j) {
    weights[j] =
        choice.norm_topk_prob ? weights[j] / (total + 1e-20F) : weights[j];
    weights[j] *= choice.scaling_factor;
  }
}

} // namespace microfiche::kernels
