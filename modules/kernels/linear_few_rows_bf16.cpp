#include "kernels/linear_few_rows.h"

#ifdef __x86_64__

#include <immintrin.h>

#include <cstring>

// The same product for x in bfloat16, with the instruction that multiplies 32
// pairs of bfloat16 numbers and adds them up in float32: x is half as large, so
// more rows of it fit into the first-level cache.

namespace microfiche::kernels {
namespace {

#define MICROFICHE_AVX512_BF16 \
  __attribute__((              \
      target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))) inline

constexpr int64_t kPairLanes = 32;

// `first` of 32 numbers, the others zero.
MICROFICHE_AVX512_BF16 __m512bh load_bf16(const uint16_t* from, int64_t first) {
  const auto mask = static_cast<__mmask32>((uint64_t{1} << first) - 1);
  return reinterpret_cast<__m512bh>(_mm512_maskz_loadu_epi16(mask, from));
}

MICROFICHE_AVX512_BF16 __m512bh load_bf16(const uint16_t* from) {
  return reinterpret_cast<__m512bh>(_mm512_loadu_si512(from));
}

// Every int8 is a bfloat16.
MICROFICHE_AVX512_BF16 __m512bh to_bf16(__m256i bytes) {
  const auto low = _mm512_cvtepi8_epi32(_mm256_castsi256_si128(bytes));
  const auto high = _mm512_cvtepi8_epi32(_mm256_extracti128_si256(bytes, 1));
  return _mm512_cvtne2ps_pbh(_mm512_cvtepi32_ps(high), _mm512_cvtepi32_ps(low));
}

MICROFICHE_AVX512_BF16 __m512bh load_bf16(const int8_t* from, int64_t first) {
  const auto mask = static_cast<__mmask32>((uint64_t{1} << first) - 1);
  return to_bf16(_mm256_maskz_loadu_epi8(mask, from));
}

MICROFICHE_AVX512_BF16 __m512bh load_bf16(const int8_t* from) {
  return to_bf16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}

/// Channel n for `Rows` rows from `m`.
template <int64_t Rows, typename Weight>
MICROFICHE_AVX512_BF16 void
multiply_bf16(const LinearFewRows& product, int64_t m, int64_t n) {
  const int64_t in = product.in;
  const auto* weight = static_cast<const Weight*>(product.weight) + n * in;
  const auto* x = static_cast<const uint16_t*>(product.x) + m * in;
  // Two sums a row hide how long one addition takes.
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

template <typename Weight>
MICROFICHE_AVX512_BF16 void
run_bf16(const LinearFewRows& product, int64_t begin, int64_t end) {
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

MICROFICHE_AVX512_BF16 void
run_bf16(const LinearFewRows& product, int64_t begin, int64_t end) {
  if (product.scale != nullptr) {
    run_bf16<int8_t>(product, begin, end);
  } else {
    run_bf16<uint16_t>(product, begin, end);
  }
}

} // namespace

bool linear_few_rows_bf16(
    const LinearFewRows& product,
    int64_t begin,
    int64_t end) {
  static const bool supported = __builtin_cpu_supports("avx512bf16") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (supported && product.x_is_bf16) {
    run_bf16(product, begin, end);
    return true;
  }
  return false;
}

} // namespace microfiche::kernels

#else

namespace microfiche::kernels {

bool linear_few_rows_bf16(
    const LinearFewRows& /*product*/,
    int64_t /*begin*/,
    int64_t /*end*/) {
  return false;
}

} // namespace microfiche::kernels

#endif
