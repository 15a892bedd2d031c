#include "kernels/cpu/one_query_attention.h"

#include "kernels/cpu/vector.h"

#include <algorithm>
#include <cmath>
#include <vector>

// T = keys, D = channels of a head.

namespace microfiche::kernels {
namespace {

template <typename Number>
MICROFICHE_INLINE float
dot_product(const Number* a, const Number* b, int64_t count) {
  Floats sums = {};
  int64_t d = 0;
  for (; d + kVectorLanes <= count; d += kVectorLanes) {
    Floats left;
    Floats right;
    load_floats(a + d, left);
    load_floats(b + d, right);
    sums += left * right;
  }
  float rest = 0;
  for (; d < count; ++d) {
    rest += to_float(a[d]) * to_float(b[d]);
  }
  return sum(sums) + rest;
}

/// Softmax in place; all zeros when no key is visible.
MICROFICHE_INLINE void softmax(float* weights, int64_t count) {
  float largest = kMaskedLogit;
  for (int64_t t = 0; t < count; ++t) {
    // A NaN logit makes all weights NaN.
    largest = weights[t] <= largest ? largest : weights[t];
  }
  float total = 0;
  for (int64_t t = 0; t < count; ++t) {
    weights[t] =
        weights[t] == kMaskedLogit ? 0 : std::exp(weights[t] - largest);
    total += weights[t];
  }
  for (int64_t t = 0; t < count; ++t) {
    weights[t] = total == 0 ? 0 : weights[t] / total;
  }
}

/// Adds `factor` times the numbers to the sums.
template <typename Number>
MICROFICHE_INLINE void
add_scaled(const Number* numbers, float factor, int64_t count, float* sums) {
  int64_t d = 0;
  for (; d + kVectorLanes <= count; d += kVectorLanes) {
    Floats values;
    Floats partial;
    load_floats(numbers + d, values);
    load(sums + d, partial);
    partial += values * factor;
    std::memcpy(sums + d, &partial, sizeof partial);
  }
  for (; d < count; ++d) {
    sums[d] += to_float(numbers[d]) * factor;
  }
}

/// The heads [first, last) of a row. Each position is read for all heads before
/// the next one: this is the order of the cache in memory, which reads at full
/// speed. `weights` has room for (heads, T) numbers, `sums` for (heads, D).
template <typename Number>
MICROFICHE_INLINE void attend(
    const OneQueryAttention& attention,
    int64_t row,
    int64_t first,
    int64_t last,
    float* weights,
    float* sums) {
  const int64_t head_dim = attention.head_dim;
  const int64_t keys = attention.keys;
  const int64_t heads = last - first;
  const int64_t offset =
      row * attention.row_stride + first * attention.head_stride;
  const int64_t query = (row * attention.heads + first) * head_dim;
  const auto* q = static_cast<const Number*>(attention.q) + query;
  auto* y = static_cast<Number*>(attention.y) + query;
  const bool* visible = attention.visible == nullptr
      ? nullptr
      : attention.visible + row * attention.visible_stride;

  for (int64_t t = 0; t < keys; ++t) {
    const auto* k = static_cast<const Number*>(attention.k) + offset +
        t * attention.key_stride;
    for (int64_t h = 0; h < heads; ++h) {
      weights[h * keys + t] = visible == nullptr || visible[t]
          ? attention.scale *
              dot_product(
                  q + h * head_dim, k + h * attention.head_stride, head_dim)
          : kMaskedLogit;
    }
  }
  for (int64_t h = 0; h < heads; ++h) {
    softmax(weights + h * keys, keys);
  }
  std::fill_n(sums, heads * head_dim, 0.0F);
  for (int64_t t = 0; t < keys; ++t) {
    const auto* v = static_cast<const Number*>(attention.v) + offset +
        t * attention.key_stride;
    for (int64_t h = 0; h < heads; ++h) {
      const float weight = weights[h * keys + t];
      // The cache may hold NaN at masked positions.
      if (weight != 0) {
        add_scaled(
            v + h * attention.head_stride,
            weight,
            head_dim,
            sums + h * head_dim);
      }
    }
  }
  for (int64_t d = 0; d < heads * head_dim; ++d) {
    round_to(sums[d], y[d]);
  }
}

struct OneQueryAttentionJob {
  const OneQueryAttention& attention;
  int64_t begin;
  int64_t end;
  float* weights;
  float* sums;

  MICROFICHE_INLINE void run() const {
    const int64_t heads = attention.heads;
    for (int64_t pair = begin; pair < end;) {
      const int64_t row = pair / heads;
      const int64_t first = pair % heads;
      const int64_t last = std::min(heads, first + end - pair);
      if (attention.is_bf16) {
        attend<Bf16>(attention, row, first, last, weights, sums);
      } else {
        attend<float>(attention, row, first, last, weights, sums);
      }
      pair += last - first;
    }
  }
};

} // namespace

void one_query_attention(
    const OneQueryAttention& attention,
    int64_t begin,
    int64_t end) {
  thread_local std::vector<float> weights;
  thread_local std::vector<float> sums;
  const int64_t heads = std::min(attention.heads, end - begin);
  weights.resize(heads * attention.keys);
  sums.resize(heads * attention.head_dim);
  run_vectorized(
      OneQueryAttentionJob{attention, begin, end, weights.data(), sums.data()});
}

} // namespace microfiche::kernels
