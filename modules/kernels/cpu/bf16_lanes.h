#pragma once

// Only for `linear_bf16.cpp`, on x86-64.

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

} // namespace microfiche::kernels
