#include "kernels/cpu/linear.h"

#include "kernels/cpu/panels.h"
#include "kernels/cpu/vector.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

// The order of each sum does not depend on the thread or on which channels and
// rows are computed together.

namespace microfiche::kernels {
namespace {

// Channels whose sums over lanes are added together.
constexpr int64_t kWidenedChannels = 4;

// Rows that multiply a weight while it is in a register, and channels at a
// time. Their sums fill the registers: 32 of 16 numbers, or 16 of eight.
constexpr int64_t kWidenedRows = 6;
constexpr int64_t kWideChannels = 4;
constexpr int64_t kNarrowChannels = 2;

// Terms of a sum that are added before the next ones, and weights that all rows
// multiply before the next ones. Both stay in the second-level cache.
constexpr int64_t kWidenedTerms = 2048;
constexpr int64_t kCachedWeights = 1 << 16;

/// A part of the terms of all sums.
struct Terms {
  int64_t begin;
  int64_t end;
};

/// Adds the first `count` products of `Rows` rows and `Channels` channels up to
/// the last whole vector, lane by lane. Rows and channels are `in` apart.
template <typename Vector, int64_t Rows, int64_t Channels>
MICROFICHE_INLINE void add_products(
    const float* x,
    const Bf16* weight,
    int64_t in,
    int64_t count,
    Vector (&sums)[Rows][Channels]) {
  constexpr int64_t kLanes = sizeof(Vector) / sizeof(float);
  for (int64_t k = 0; k + kLanes <= count; k += kLanes) {
    Vector weights[Channels];
    MICROFICHE_UNROLL
    for (int64_t c = 0; c < Channels; ++c) {
      load_floats(weight + c * in + k, weights[c]);
    }
    MICROFICHE_UNROLL
    for (int64_t i = 0; i < Rows; ++i) {
      Vector values;
      load(x + i * in + k, values);
      MICROFICHE_UNROLL
      for (int64_t c = 0; c < Channels; ++c) {
        sums[i][c] += weights[c] * values;
      }
    }
  }
}

/// The channels [n, n + Channels) for the rows [m, m + Rows), `Held` channels
/// at a time.
template <typename Vector, int64_t Rows, int64_t Channels, int64_t Held>
MICROFICHE_INLINE void widen_block(
    const LinearProduct& product,
    const Terms& terms,
    int64_t m,
    int64_t n) {
  constexpr int64_t kLanes = sizeof(Vector) / sizeof(float);
  const int64_t in = product.in;
  const int64_t count = terms.end - terms.begin;
  const auto* x = static_cast<const float*>(product.x) + m * in + terms.begin;
  const auto* weight =
      static_cast<const Bf16*>(product.weight) + n * in + terms.begin;
  Vector sums[Rows][Channels];
  MICROFICHE_UNROLL
  for (int64_t first = 0; first < Channels; first += Held) {
    Vector held[Rows][Held] = {};
    add_products(x, weight + first * in, in, count, held);
    MICROFICHE_UNROLL
    for (int64_t i = 0; i < Rows; ++i) {
      MICROFICHE_UNROLL
      for (int64_t c = 0; c < Held; ++c) {
        sums[i][first + c] = held[i][c];
      }
    }
  }
  for (int64_t i = 0; i < Rows; ++i) {
    std::conditional_t<Channels == 1, float, Floats4> lanes;
    sum_lanes(sums[i], lanes);
    float totals[Channels];
    std::memcpy(totals, &lanes, sizeof totals);
    auto* y = static_cast<float*>(product.y) + (m + i) * product.out + n;
    for (int64_t c = 0; c < Channels; ++c) {
      float rest = 0;
      for (int64_t j = count / kLanes * kLanes; j < count; ++j) {
        rest += to_float(weight[c * in + j]) * x[i * in + j];
      }
      const float before = terms.begin > 0 ? y[c]
          : product.bias != nullptr        ? product.bias[n + c]
                                           : 0;
      y[c] = before + (totals[c] + rest);
    }
  }
}

/// The channels [begin, end) of all rows from `m` on, `Rows` at a time, then
/// fewer.
template <typename Vector, int64_t Held, int64_t Rows = kWidenedRows>
MICROFICHE_INLINE void widen_rows(
    const LinearProduct& product,
    const Terms& terms,
    int64_t m,
    int64_t begin,
    int64_t end) {
  for (; m + Rows <= product.rows; m += Rows) {
    int64_t n = begin;
    for (; n + kWidenedChannels <= end; n += kWidenedChannels) {
      widen_block<Vector, Rows, kWidenedChannels, Held>(product, terms, m, n);
    }
    for (; n < end; ++n) {
      widen_block<Vector, Rows, 1, 1>(product, terms, m, n);
    }
  }
  if constexpr (Rows > 1) {
    widen_rows<Vector, Held, Rows - 1>(product, terms, m, begin, end);
  }
}

template <typename Vector, int64_t Held>
struct WidenedJob {
  const LinearProduct& product;
  int64_t begin;
  int64_t end;

  MICROFICHE_INLINE void run() const {
    for (int64_t k = 0; k < product.in; k += kWidenedTerms) {
      const Terms terms{k, std::min(k + kWidenedTerms, product.in)};
      const int64_t step = std::max(
          kWidenedChannels,
          kCachedWeights / (terms.end - terms.begin) / kWidenedChannels *
              kWidenedChannels);
      for (int64_t n = begin; n < end; n += step) {
        widen_rows<Vector, Held>(product, terms, 0, n, std::min(end, n + step));
      }
    }
  }
};

} // namespace

void linear_cpu_widened(
    const LinearProduct& product,
    int64_t begin,
    int64_t end) {
#ifdef __x86_64__
  if (has_wide_vectors()) {
    run_avx512(WidenedJob<Floats, kWideChannels>{product, begin, end});
    return;
  }
#endif
  run_vectorized(WidenedJob<Floats8, kNarrowChannels>{product, begin, end});
}

} // namespace microfiche::kernels
