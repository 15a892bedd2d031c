#pragma once

// Only for `linear_bf16.cpp` and `linear_int4_bf16.cpp`, on x86-64.

#include "kernels/cpu/linear.h"

#include <immintrin.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace microfiche::kernels {

#define MICROFICHE_AVX512_BF16 \
  __attribute__((              \
      target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))) inline

constexpr int64_t kPairLanes = 32;

// The first `count` of 32 numbers; the others are zero.
MICROFICHE_AVX512_BF16 __m512bh load_bf16(const uint16_t* from, int64_t count) {
  const auto mask = static_cast<__mmask32>((uint64_t{1} << count) - 1);
  return reinterpret_cast<__m512bh>(_mm512_maskz_loadu_epi16(mask, from));
}

MICROFICHE_AVX512_BF16 __m512bh load_bf16(const uint16_t* from) {
  return reinterpret_cast<__m512bh>(_mm512_loadu_si512(from));
}

// Exact: bfloat16 represents every int8.
MICROFICHE_AVX512_BF16 __m512bh to_bf16(__m256i bytes) {
  const auto low = _mm512_cvtepi8_epi32(_mm256_castsi256_si128(bytes));
  const auto high = _mm512_cvtepi8_epi32(_mm256_extracti128_si256(bytes, 1));
  return _mm512_cvtne2ps_pbh(_mm512_cvtepi32_ps(high), _mm512_cvtepi32_ps(low));
}

MICROFICHE_AVX512_BF16 __m512bh load_bf16(const int8_t* from, int64_t count) {
  const auto mask = static_cast<__mmask32>((uint64_t{1} << count) - 1);
  return to_bf16(_mm256_maskz_loadu_epi8(mask, from));
}

MICROFICHE_AVX512_BF16 __m512bh load_bf16(const int8_t* from) {
  return to_bf16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}

/// Converts `count` int8 numbers to bfloat16.
MICROFICHE_AVX512_BF16 void
convert(const int8_t* from, int64_t count, uint16_t* to) {
  int64_t i = 0;
  for (; i + kPairLanes <= count; i += kPairLanes) {
    const auto numbers = load_bf16(from + i);
    std::memcpy(to + i, &numbers, sizeof numbers);
  }
  if (i < count) {
    const auto numbers = load_bf16(from + i, count - i);
    std::memcpy(to + i, &numbers, (count - i) * sizeof(uint16_t));
  }
}

/// A block of weights as bfloat16.
inline const uint16_t* as_bf16(const uint16_t* weight, int64_t /*count*/) {
  return weight;
}

MICROFICHE_AVX512_BF16 const uint16_t* as_bf16(
    const int8_t* weight,
    int64_t count) {
  thread_local std::vector<uint16_t> block;
  block.resize(count);
  convert(weight, count, block.data());
  return block.data();
}

// Channels whose sums are finished together.
constexpr int64_t kBlockChannels = 4;

// The sums of each of four registers in the order of `_mm512_reduce_add_ps`.
MICROFICHE_AVX512_BF16 __m128
reduce_lanes(const __m512 (&sums)[kBlockChannels]) {
  __m128 fours[kBlockChannels];
  for (int64_t c = 0; c < kBlockChannels; ++c) {
    const auto eight = _mm256_add_ps(
        _mm512_castps512_ps256(sums[c]), _mm512_extractf32x8_ps(sums[c], 1));
    fours[c] = _mm_add_ps(
        _mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  }
  const auto first = _mm_add_ps(
      _mm_movelh_ps(fours[0], fours[1]), _mm_movehl_ps(fours[1], fours[0]));
  const auto second = _mm_add_ps(
      _mm_movelh_ps(fours[2], fours[3]), _mm_movehl_ps(fours[3], fours[2]));
  return _mm_hadd_ps(first, second);
}

/// Writes the sums of the channels [n, n + kBlockChannels) of row m.
MICROFICHE_AVX512_BF16 void
store_channels(const LinearProduct& product, __m128 y, int64_t m, int64_t n) {
  if (product.scale != nullptr) {
    y = _mm_mul_ps(y, _mm_loadu_ps(product.scale + n));
  }
  if (product.bias != nullptr) {
    y = _mm_add_ps(y, _mm_loadu_ps(product.bias + n));
  }
  const auto rounded = _mm_cvtneps_pbh(y);
  std::memcpy(
      static_cast<uint16_t*>(product.y) + m * product.out + n,
      &rounded,
      kBlockChannels * sizeof(uint16_t));
}

} // namespace microfiche::kernels
