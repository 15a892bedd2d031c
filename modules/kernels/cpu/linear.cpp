#include "kernels/cpu/linear.h"

#include "kernels/cpu/vector.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace microfiche::kernels {
namespace {

// Note [Weights are read in memory order]
// Channels are computed one after the other, so that weights are read in the
// order of their addresses. Reading several channels in parallel halves the
// speed of memory. Each weight multiplies up to eight rows of x while it is in
// a register.

MICROFICHE_INLINE void
store(const LinearProduct& product, int64_t m, int64_t n, float y) {
  y = product.scale != nullptr ? y * product.scale[n] : y;
  y = product.bias != nullptr ? y + product.bias[n] : y;
  const int64_t index = m * product.out + n;
  if (product.x_is_bf16) {
    static_cast<Bf16*>(product.y)[index] = to_bf16(y);
  } else {
    static_cast<float*>(product.y)[index] = y;
  }
}

/// Channel n of the rows [m, m + Rows).
template <int64_t Rows, typename Weight>
MICROFICHE_INLINE void multiply_channel(
    const LinearProduct& product,
    const float* x,
    int64_t m,
    int64_t n) {
  const int64_t in = product.in;
  const auto* weight = static_cast<const Weight*>(product.weight) + n * in;
  x += m * in;
  // Two sums per row hide the latency of an addition.
  Floats sums[Rows][2] = {};
  int64_t k = 0;
  for (; k + 2 * kVectorLanes <= in; k += 2 * kVectorLanes) {
    for (int64_t part = 0; part < 2; ++part) {
      Floats weights;
      load_floats(weight + k + part * kVectorLanes, weights);
      for (int64_t i = 0; i < Rows; ++i) {
        Floats values;
        load(x + i * in + k + part * kVectorLanes, values);
        sums[i][part] += weights * values;
      }
    }
  }
  for (int64_t i = 0; i < Rows; ++i) {
    float rest = 0;
    for (int64_t j = k; j < in; ++j) {
      rest += to_float(weight[j]) * x[i * in + j];
    }
    store(product, m + i, n, sum(sums[i][0] + sums[i][1]) + rest);
  }
}

template <typename Weight>
MICROFICHE_INLINE void run_channels(
    const LinearProduct& product,
    const float* x,
    int64_t begin,
    int64_t end) {
  for (int64_t n = begin; n < end; ++n) {
    int64_t m = 0;
    for (; m + 8 <= product.rows; m += 8) {
      multiply_channel<8, Weight>(product, x, m, n);
    }
    for (; m + 4 <= product.rows; m += 4) {
      multiply_channel<4, Weight>(product, x, m, n);
    }
    for (; m + 2 <= product.rows; m += 2) {
      multiply_channel<2, Weight>(product, x, m, n);
    }
    if (m < product.rows) {
      multiply_channel<1, Weight>(product, x, m, n);
    }
  }
}

struct LinearJob {
  const LinearProduct& product;
  const float* x;
  int64_t begin;
  int64_t end;

  MICROFICHE_INLINE void run() const {
    switch (product.type) {
      case WeightType::kInt8:
        return run_channels<int8_t>(product, x, begin, end);
      case WeightType::kBFloat16:
        return run_channels<Bf16>(product, x, begin, end);
      case WeightType::kFloat32:
        return run_channels<float>(product, x, begin, end);
      case WeightType::kInt4:
        // `linear_cpu_int4` converts them.
        return;
    }
  }
};

} // namespace

int64_t max_linear_cpu_rows(bool x_is_bf16, WeightType weight) {
  if (!has_bf16_instructions() && !x_is_bf16 &&
      weight == WeightType::kBFloat16) {
    return kMaxWidenedRows;
  }
  if (!x_is_bf16 || !has_bf16_instructions()) {
    return kFewRows;
  }
  if (!has_tile_instructions()) {
    return std::numeric_limits<int64_t>::max();
  }
  return weight == WeightType::kBFloat16 ? kFewTileRows : kTileRows;
}

void linear_cpu(const LinearProduct& product, int64_t begin, int64_t end) {
  if (product.type == WeightType::kInt4) {
    if (product.x_is_bf16 && has_bf16_instructions()) {
      linear_cpu_int4_bf16(product, begin, end);
    } else {
      linear_cpu_int4(product, begin, end);
    }
    return;
  }
  if (!product.x_is_bf16 && product.type == WeightType::kFloat32) {
    linear_cpu_f32(product, begin, end);
    return;
  }
  if (product.x_is_bf16 && product.type != WeightType::kFloat32 &&
      has_bf16_instructions()) {
    linear_cpu_bf16(product, begin, end);
    return;
  }
  if (!product.x_is_bf16 && product.type == WeightType::kBFloat16 &&
      !has_bf16_instructions()) {
    linear_cpu_widened(product, begin, end);
    return;
  }
  if (!product.x_is_bf16) {
    const auto* x = static_cast<const float*>(product.x);
    run_vectorized(LinearJob{product, x, begin, end});
    return;
  }
  thread_local std::vector<CacheLine> lines;
  const auto* halves = static_cast<const Bf16*>(product.x);
  const int64_t count = product.rows * product.in;
  lines.resize((count + kVectorLanes - 1) / kVectorLanes);
  float* x = lines.data()->numbers;
  std::transform(
      halves, halves + count, x, [](Bf16 value) { return to_float(value); });
  run_vectorized(LinearJob{product, x, begin, end});
}

} // namespace microfiche::kernels
