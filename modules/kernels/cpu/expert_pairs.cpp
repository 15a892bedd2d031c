#include "kernels/cpu/expert_pairs.h"

#include "kernels/cpu/vector.h"

#include <algorithm>

namespace microfiche::kernels {
namespace {

template <typename Number>
MICROFICHE_INLINE void sum_outputs(
    const ExpertOutputs& sum,
    int64_t token,
    int64_t first,
    int64_t last) {
  auto* y = static_cast<Number*>(sum.y) + token * sum.width;
  const auto* weights = sum.weights + token * sum.top_k;
  const auto* positions = sum.positions + token * sum.top_k;
  for (int64_t d = first; d < last; d += kVectorLanes) {
    const int64_t lanes = std::min(kVectorLanes, last - d);
    float total[kVectorLanes] = {};
    for (int64_t j = 0; j < sum.top_k; ++j) {
      const auto* output = static_cast<const Number*>(sum.outputs) +
          positions[j] * sum.width + d;
      if (lanes == kVectorLanes) {
        Floats partial;
        Floats values;
        load(total, partial);
        load_floats(output, values);
        partial += values * weights[j];
        std::memcpy(total, &partial, sizeof partial);
      } else {
        for (int64_t i = 0; i < lanes; ++i) {
          total[i] += to_float(output[i]) * weights[j];
        }
      }
    }
    for (int64_t i = 0; i < lanes; ++i) {
      round_to(total[i], y[d + i]);
    }
  }
}

struct SumOutputsJob {
  const ExpertOutputs& sum;
  int64_t begin;
  int64_t end;
  int64_t first;
  int64_t last;

  MICROFICHE_INLINE void run() const {
    for (int64_t token = begin; token < end; ++token) {
      if (sum.is_bf16) {
        sum_outputs<Bf16>(sum, token, first, last);
      } else {
        sum_outputs<float>(sum, token, first, last);
      }
    }
  }
};

} // namespace

void ExpertPairs::sort(const int64_t* ids, int64_t count, int64_t num_experts) {
  begins.assign(num_experts + 1, 0);
  positions.resize(count);
  pairs.resize(count);
  for (int64_t pair = 0; pair < count; ++pair) {
    ++begins[ids[pair] + 1];
  }
  for (int64_t e = 0; e < num_experts; ++e) {
    begins[e + 1] += begins[e];
  }
  // Each begin moves up to its end; the loop below restores it.
  for (int64_t pair = 0; pair < count; ++pair) {
    positions[pair] = begins[ids[pair]]++;
    pairs[positions[pair]] = pair;
  }
  for (int64_t e = num_experts; e > 0; --e) {
    begins[e] = begins[e - 1];
  }
  begins[0] = 0;
}

void sum_expert_outputs(
    const ExpertOutputs& sum,
    int64_t begin,
    int64_t end,
    int64_t first,
    int64_t last) {
  run_vectorized(SumOutputsJob{sum, begin, end, first, last});
}

} // namespace microfiche::kernels
