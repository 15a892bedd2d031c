#include "kernels/cpu/linear.h"

#include "kernels/cpu/aligned_bytes.h"
#include "kernels/cpu/panels.h"
#include "kernels/reference_kernels.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

// The order of each sum depends only on whether there are few or many rows, not
// on the thread or on which channels and rows are computed together.

namespace microfiche::kernels {
namespace {

// Channels that multiply a row while it is in a register.
constexpr int64_t kFloatBlockChannels = 4;
// Rows whose sums fill the registers: 32 of 16 numbers, or 16 of eight.
constexpr int64_t kWideRows = 6;
constexpr int64_t kNarrowRows = 1;

// Without AVX-512, MKL is faster from 12 rows on. Up to 11 rows its sums depend
// on the number of threads.
constexpr int64_t kMaxRowsWithoutAvx512 = 16;

// Terms of a sum that all rows add before the next ones. That much of six rows
// of x stays in the first-level cache, and of the panels in the second-level
// cache.
constexpr int64_t kTermsPerPass = 512;

/// Channels [n, n + Channels) for the rows [m, m + Rows).
template <int64_t Rows, int64_t Channels>
MICROFICHE_INLINE void
multiply_block(const LinearProduct& product, int64_t m, int64_t n) {
  const int64_t in = product.in;
  const auto* x = static_cast<const float*>(product.x) + m * in;
  const auto* weight = static_cast<const float*>(product.weight) + n * in;
  auto* y = static_cast<float*>(product.y) + m * product.out + n;
  Floats sums[Rows][Channels] = {};
  int64_t k = 0;
  for (; k + kVectorLanes <= in; k += kVectorLanes) {
    Floats weights[Channels];
    MICROFICHE_UNROLL
    for (int64_t c = 0; c < Channels; ++c) {
      load(weight + c * in + k, weights[c]);
    }
    MICROFICHE_UNROLL
    for (int64_t i = 0; i < Rows; ++i) {
      Floats values;
      load(x + i * in + k, values);
      MICROFICHE_UNROLL
      for (int64_t c = 0; c < Channels; ++c) {
        sums[i][c] += weights[c] * values;
      }
    }
  }
  MICROFICHE_UNROLL
  for (int64_t i = 0; i < Rows; ++i) {
    std::conditional_t<Channels == 1, float, Floats4> totals;
    sum_lanes(sums[i], totals);
    std::memcpy(y + i * product.out, &totals, sizeof totals);
  }
  if (k == in && product.bias == nullptr) {
    return;
  }
  for (int64_t i = 0; i < Rows; ++i) {
    for (int64_t c = 0; c < Channels; ++c) {
      float rest = 0;
      for (int64_t j = k; j < in; ++j) {
        rest += weight[c * in + j] * x[i * in + j];
      }
      y[i * product.out + c] +=
          product.bias != nullptr ? rest + product.bias[n + c] : rest;
    }
  }
}

/// All rows from `m` on, `Rows` at a time, then fewer.
template <int64_t Rows, int64_t Channels>
MICROFICHE_INLINE void
multiply_rows(const LinearProduct& product, int64_t m, int64_t n) {
  for (; m + Rows <= product.rows; m += Rows) {
    multiply_block<Rows, Channels>(product, m, n);
  }
  if constexpr (Rows > 1) {
    multiply_rows<Rows - 1, Channels>(product, m, n);
  }
}

template <int64_t Rows>
struct FewRowsJob {
  const LinearProduct& product;
  int64_t begin;
  int64_t end;

  MICROFICHE_INLINE void run() const {
    int64_t n = begin;
    for (; n + kFloatBlockChannels <= end; n += kFloatBlockChannels) {
      multiply_rows<Rows, kFloatBlockChannels>(product, 0, n);
    }
    for (; n < end; ++n) {
      multiply_rows<Rows, 1>(product, 0, n);
    }
  }
};

/// Many rows: the weights of these channels are copied into panels.
template <int64_t Rows>
struct ManyRowsJob {
  const LinearProduct& product;
  int64_t begin;
  int64_t end;
  uint32_t* panels; // (min(in, kTermsPerPass), channels in whole vectors)
  float* rest; // (rows, kVectorLanes)

  MICROFICHE_INLINE void run() const {
    const int64_t whole = begin + (end - begin) / kVectorLanes * kVectorLanes;
    auto* y = static_cast<float*>(product.y);
    run(begin, whole, y + begin, product.out);
    if (whole == end) {
      return;
    }
    // The last channels of y are less than a vector.
    run(whole, whole + kVectorLanes, rest, kVectorLanes);
    for (int64_t m = 0; m < product.rows; ++m) {
      std::copy_n(
          rest + m * kVectorLanes, end - whole, y + m * product.out + whole);
    }
  }

  /// The channels [first, last), a multiple of kVectorLanes. Channels after
  /// `end` repeat the last one. `sums` has room for all of them, with rows
  /// `stride` apart.
  MICROFICHE_INLINE void
  run(int64_t first, int64_t last, float* sums, int64_t stride) const {
    const auto* x = static_cast<const float*>(product.x);
    const auto* weight = static_cast<const float*>(product.weight);
    for (int64_t m = 0; m < product.rows; ++m) {
      for (int64_t n = first; n < last; ++n) {
        sums[m * stride + n - first] =
            product.bias != nullptr ? product.bias[std::min(n, end - 1)] : 0;
      }
    }
    for (int64_t k = 0; k < product.in; k += kTermsPerPass) {
      const int64_t steps = std::min(kTermsPerPass, product.in - k);
      pack_panels<Float32Word>(
          [&](int64_t c) {
            return weight + std::min(first + c, end - 1) * product.in + k;
          },
          last - first,
          steps,
          panels);
      int64_t m = 0;
      for (; m + Rows <= product.rows; m += Rows) {
        multiply_panels<Rows>(
            x + m * product.in + k,
            panels,
            steps,
            last - first,
            sums + m * stride,
            stride);
      }
      for (; m < product.rows; ++m) {
        multiply_panels<1>(
            x + m * product.in + k,
            panels,
            steps,
            last - first,
            sums + m * stride,
            stride);
      }
    }
  }

  template <int64_t PanelRows>
  MICROFICHE_INLINE void multiply_panels(
      const float* x,
      const uint32_t* panels,
      int64_t steps,
      int64_t columns,
      float* sums,
      int64_t stride) const {
    kernels::multiply<Float32Word, PanelRows>(
        reinterpret_cast<const uint32_t*>(x),
        product.in,
        PanelRows,
        panels,
        steps,
        columns,
        sums,
        stride);
  }
};

template <int64_t Rows>
void run_many_rows(const LinearProduct& product, int64_t begin, int64_t end) {
  thread_local AlignedBytes panels;
  thread_local AlignedBytes rest;
  panels.resize(
      std::min(kTermsPerPass, product.in) *
      round_up(end - begin, kVectorLanes) * sizeof(float));
  rest.resize(product.rows * kVectorLanes * sizeof(float));
  run_vectorized(ManyRowsJob<Rows>{
      product,
      begin,
      end,
      reinterpret_cast<uint32_t*>(panels.data()),
      reinterpret_cast<float*>(rest.data())});
}

} // namespace

void linear_cpu_f32(const LinearProduct& product, int64_t begin, int64_t end) {
  if (product.rows > kTileRows) {
    run_many_rows<kWidePanelRows>(product, begin, end);
  } else if (has_wide_vectors()) {
    run_vectorized(FewRowsJob<kWideRows>{product, begin, end});
  } else {
    run_vectorized(FewRowsJob<kNarrowRows>{product, begin, end});
  }
}

int64_t max_linear_cpu_f32_rows() {
  static const bool enabled = !runs_reference("linear_f32_many_rows");
  return enabled && has_wide_vectors() ? std::numeric_limits<int64_t>::max()
                                       : kMaxRowsWithoutAvx512;
}

} // namespace microfiche::kernels
