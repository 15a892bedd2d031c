#include "kernels/cpu/linear.h"

#ifdef __x86_64__

#include "kernels/cpu/bf16_lanes.h"

#include <immintrin.h>

#include <algorithm>
#include <cstring>

// One instruction multiplies 32 pairs of bfloat16 numbers and sums them in
// float32. x is half as large as in float32, so more of its rows fit into the
// first-level cache.

namespace microfiche::kernels {
namespace {

/// Channel n of the rows [m, m + Rows).
template <int64_t Rows, typename Weight>
MICROFICHE_AVX512_BF16 void
multiply_bf16(const LinearProduct& product, int64_t m, int64_t n) {
  const int64_t in = product.in;
  const auto* weight = static_cast<const Weight*>(product.weight) + n * in;
  const auto* x = static_cast<const uint16_t*>(product.x) + m * in;
  // Two sums per row hide the latency of an addition.
  __m512 sums[Rows][2];
  for (auto& row : sums) {
    row[0] = row[1] = _mm512_setzero_ps();
  }
  int64_t k = 0;
  for (; k + 2 * kPairLanes <= in; k += 2 * kPairLanes) {
    const auto first = load_bf16(weight + k);
    const auto second = load_bf16(weight + k + kPairLanes);
    for (int64_t i = 0; i < Rows; ++i) {
      const auto* values = x + i * in + k;
      sums[i][0] = _mm512_dpbf16_ps(sums[i][0], first, load_bf16(values));
      sums[i][1] =
          _mm512_dpbf16_ps(sums[i][1], second, load_bf16(values + kPairLanes));
    }
  }
  for (; k < in; k += kPairLanes) {
    const int64_t rest = in - k < kPairLanes ? in - k : kPairLanes;
    const auto weights = load_bf16(weight + k, rest);
    for (int64_t i = 0; i < Rows; ++i) {
      sums[i][0] = _mm512_dpbf16_ps(
          sums[i][0], weights, load_bf16(x + i * in + k, rest));
    }
  }
  for (int64_t i = 0; i < Rows; ++i) {
    float y = _mm512_reduce_add_ps(_mm512_add_ps(sums[i][0], sums[i][1]));
    y = product.scale != nullptr ? y * product.scale[n] : y;
    y = product.bias != nullptr ? y + product.bias[n] : y;
    const auto rounded = _mm_cvtneps_pbh(_mm_set_ss(y));
    std::memcpy(
        static_cast<uint16_t*>(product.y) + (m + i) * product.out + n,
        &rounded,
        sizeof(uint16_t));
  }
}

// The most rows whose sums fit into the registers.
constexpr int64_t kBlockRows = 6;
// The first rows read the weights from memory, see Note [Weights are read in
// memory order]. The others read them from the second-level cache: with more
// rows at once, x and the weights evict each other from the first-level cache,
// and memory idles.
constexpr int64_t kStreamedRows = 4;
constexpr int64_t kStreamedChannels = 48;

// The sums of each of four registers.
MICROFICHE_AVX512_BF16 __m128 add_lanes(const __m512 (&sums)[kBlockChannels]) {
  __m256 halves[kBlockChannels];
  for (int64_t c = 0; c < kBlockChannels; ++c) {
    halves[c] = _mm256_add_ps(
        _mm512_castps512_ps256(sums[c]), _mm512_extractf32x8_ps(sums[c], 1));
  }
  const auto pairs = _mm256_hadd_ps(
      _mm256_hadd_ps(halves[0], halves[1]),
      _mm256_hadd_ps(halves[2], halves[3]));
  return _mm_add_ps(
      _mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1));
}

/// Channels [n, n + kBlockChannels) of the rows [m, m + Rows). `weight` is that
/// of channel n, in bfloat16.
template <int64_t Rows>
MICROFICHE_AVX512_BF16 void multiply_block(
    const LinearProduct& product,
    const uint16_t* weight,
    int64_t m,
    int64_t n) {
  const int64_t in = product.in;
  const auto* x = static_cast<const uint16_t*>(product.x) + m * in;
  __m512 sums[Rows][kBlockChannels];
  for (auto& row : sums) {
    for (auto& sum : row) {
      sum = _mm512_setzero_ps();
    }
  }
  int64_t k = 0;
  for (; k + kPairLanes <= in; k += kPairLanes) {
    __m512bh weights[kBlockChannels];
    for (int64_t c = 0; c < kBlockChannels; ++c) {
      weights[c] = load_bf16(weight + c * in + k);
    }
    for (int64_t i = 0; i < Rows; ++i) {
      const auto values = load_bf16(x + i * in + k);
      for (int64_t c = 0; c < kBlockChannels; ++c) {
        sums[i][c] = _mm512_dpbf16_ps(sums[i][c], weights[c], values);
      }
    }
  }
  if (k < in) {
    for (int64_t i = 0; i < Rows; ++i) {
      const auto values = load_bf16(x + i * in + k, in - k);
      for (int64_t c = 0; c < kBlockChannels; ++c) {
        sums[i][c] = _mm512_dpbf16_ps(
            sums[i][c], load_bf16(weight + c * in + k, in - k), values);
      }
    }
  }
  for (int64_t i = 0; i < Rows; ++i) {
    store_channels(product, add_lanes(sums[i]), m + i, n);
  }
}

/// `multiply_block` for a number of rows in [1, kBlockRows].
MICROFICHE_AVX512_BF16 void multiply_block(
    const LinearProduct& product,
    const uint16_t* weight,
    int64_t m,
    int64_t n,
    int64_t rows) {
  switch (rows) {
    case 1:
      return multiply_block<1>(product, weight, m, n);
    case 2:
      return multiply_block<2>(product, weight, m, n);
    case 3:
      return multiply_block<3>(product, weight, m, n);
    case 4:
      return multiply_block<4>(product, weight, m, n);
    case 5:
      return multiply_block<5>(product, weight, m, n);
    default:
      return multiply_block<kBlockRows>(product, weight, m, n);
  }
}

// As many sums as `kBlockRows` has, but two per channel.
constexpr int64_t kAloneRows = 3;

/// `multiply_block` in the order of `multiply_bf16`: two sums per channel.
template <int64_t Rows>
MICROFICHE_AVX512_BF16 void multiply_alone(
    const LinearProduct& product,
    const uint16_t* weight,
    int64_t m,
    int64_t n) {
  const int64_t in = product.in;
  const auto* x = static_cast<const uint16_t*>(product.x) + m * in;
  __m512 sums[Rows][2][kBlockChannels];
  for (auto& row : sums) {
    for (int64_t c = 0; c < kBlockChannels; ++c) {
      row[0][c] = row[1][c] = _mm512_setzero_ps();
    }
  }
  int64_t k = 0;
  for (; k + 2 * kPairLanes <= in; k += 2 * kPairLanes) {
    for (int64_t part = 0; part < 2; ++part) {
      const int64_t at = k + part * kPairLanes;
      __m512bh weights[kBlockChannels];
      for (int64_t c = 0; c < kBlockChannels; ++c) {
        weights[c] = load_bf16(weight + c * in + at);
      }
      for (int64_t i = 0; i < Rows; ++i) {
        const auto values = load_bf16(x + i * in + at);
        for (int64_t c = 0; c < kBlockChannels; ++c) {
          sums[i][part][c] =
              _mm512_dpbf16_ps(sums[i][part][c], weights[c], values);
        }
      }
    }
  }
  for (; k < in; k += kPairLanes) {
    const int64_t rest = in - k < kPairLanes ? in - k : kPairLanes;
    for (int64_t i = 0; i < Rows; ++i) {
      const auto values = load_bf16(x + i * in + k, rest);
      for (int64_t c = 0; c < kBlockChannels; ++c) {
        sums[i][0][c] = _mm512_dpbf16_ps(
            sums[i][0][c], load_bf16(weight + c * in + k, rest), values);
      }
    }
  }
  for (int64_t i = 0; i < Rows; ++i) {
    for (int64_t c = 0; c < kBlockChannels; ++c) {
      sums[i][0][c] = _mm512_add_ps(sums[i][0][c], sums[i][1][c]);
    }
    store_channels(product, reduce_lanes(sums[i][0]), m + i, n);
  }
}

/// The rows of one block of channels, each summed as if it were alone.
MICROFICHE_AVX512_BF16 void run_block_alone(
    const LinearProduct& product,
    const uint16_t* block,
    int64_t n) {
  int64_t m = 0;
  for (; m + kAloneRows <= product.rows; m += kAloneRows) {
    multiply_alone<kAloneRows>(product, block, m, n);
  }
  for (; m < product.rows; ++m) {
    multiply_alone<1>(product, block, m, n);
  }
}

/// The whole blocks of channels in [begin, end), for all rows. Each block stays
/// in the first-level cache for all rows. Returns the first channel that is
/// left.
template <typename Weight>
MICROFICHE_AVX512_BF16 int64_t
run_blocks(const LinearProduct& product, int64_t begin, int64_t end) {
  const auto* weight = static_cast<const Weight*>(product.weight);
  for (; begin + kBlockChannels <= end; begin += kBlockChannels) {
    const auto* block =
        as_bf16(weight + begin * product.in, kBlockChannels * product.in);
    if (product.rows_alone) {
      run_block_alone(product, block, begin);
      continue;
    }
    for (int64_t m = 0; m < product.rows;) {
      // Splits the rows as evenly as possible.
      const int64_t left = product.rows - m;
      const int64_t steps = (left + kBlockRows - 1) / kBlockRows;
      const int64_t rows = (left + steps - 1) / steps;
      multiply_block(product, block, m, begin, rows);
      m += rows;
    }
  }
  return begin;
}

template <typename Weight>
MICROFICHE_AVX512_BF16 void
run_channels(const LinearProduct& product, int64_t begin, int64_t end) {
  for (int64_t n = begin; n < end; ++n) {
    int64_t m = 0;
    for (; m + 8 <= product.rows; m += 8) {
      multiply_bf16<8, Weight>(product, m, n);
    }
    for (; m + 4 <= product.rows; m += 4) {
      multiply_bf16<4, Weight>(product, m, n);
    }
    for (; m + 2 <= product.rows; m += 2) {
      multiply_bf16<2, Weight>(product, m, n);
    }
    if (m < product.rows) {
      multiply_bf16<1, Weight>(product, m, n);
    }
  }
}

/// The rows [first, first + count) of a product.
LinearProduct rows_of(LinearProduct product, int64_t first, int64_t count) {
  product.x = static_cast<const uint16_t*>(product.x) + first * product.in;
  product.y = static_cast<uint16_t*>(product.y) + first * product.out;
  product.rows = count;
  return product;
}

template <typename Weight>
MICROFICHE_AVX512_BF16 void
run_bf16(const LinearProduct& product, int64_t begin, int64_t end) {
  // A fifth row costs less in the first pass than in a second pass.
  if (product.rows <= kStreamedRows + 1) {
    run_channels<Weight>(product, begin, end);
    return;
  }
  const auto streamed = rows_of(product, 0, kStreamedRows);
  const auto rest =
      rows_of(product, kStreamedRows, product.rows - kStreamedRows);
  for (int64_t n = begin; n < end; n += kStreamedChannels) {
    const int64_t last = std::min(end, n + kStreamedChannels);
    run_channels<Weight>(streamed, n, last);
    run_channels<Weight>(rest, run_blocks<Weight>(rest, n, last), last);
  }
}

} // namespace

void linear_cpu_bf16(const LinearProduct& product, int64_t begin, int64_t end) {
  if (product.type == WeightType::kInt8) {
    run_bf16<int8_t>(product, begin, end);
  } else {
    run_bf16<uint16_t>(product, begin, end);
  }
}

} // namespace microfiche::kernels

#else

namespace microfiche::kernels {

void linear_cpu_bf16(
    const LinearProduct& /*product*/,
    int64_t /*begin*/,
    int64_t /*end*/) {}

} // namespace microfiche::kernels

#endif
