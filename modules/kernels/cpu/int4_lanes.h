#pragma once

// Only for `linear_int4_bf16.cpp`, on x86-64.

#include "kernels/cpu/aligned_bytes.h"
#include "kernels/cpu/bf16_lanes.h"
#include "kernels/cpu/linear.h"

#include <immintrin.h>

#include <algorithm>
#include <cstdint>

namespace microfiche::kernels {

// Note [Int4 in four vectors]
// 128 numbers are 64 bytes, one register. Its 16-bit words hold four numbers
// each. A table of 32 words, indexed by the lowest five bits of each word,
// turns the first numbers of all words into bfloat16; shifted by 4, 8 and 12
// bits, the register gives the others. The second half of the table repeats the
// first, so the fifth bit needs no mask.
//
// So vector j holds the numbers 4 i + j, and x is brought into that order once
// per call. Lane l of the sum of the four products adds the terms of the inputs
// [8 l, 8 l + 8), which are in one group. It is multiplied by the group's scale
// once per 128 numbers.

constexpr int64_t kInt4Block = 128;
constexpr int64_t kInt4Vectors = 4;

inline int64_t padded_width(int64_t in) {
  return (in + kInt4Block - 1) / kInt4Block * kInt4Block;
}

/// 128 numbers in the order of the vectors; `count` of them are stored.
MICROFICHE_AVX512_BF16 void
permute_block(const uint16_t* from, int64_t count, uint16_t* to) {
  __m512i x[kInt4Vectors];
  for (int64_t v = 0; v < kInt4Vectors; ++v) {
    const int64_t left =
        std::clamp<int64_t>(count - v * kPairLanes, 0, kPairLanes);
    x[v] = reinterpret_cast<__m512i>(load_bf16(from + v * kPairLanes, left));
  }
  alignas(64) uint16_t even_indices[kPairLanes];
  alignas(64) uint16_t odd_indices[kPairLanes];
  for (int64_t i = 0; i < kPairLanes; ++i) {
    even_indices[i] = static_cast<uint16_t>(2 * i);
    odd_indices[i] = static_cast<uint16_t>(2 * i + 1);
  }
  const auto even = _mm512_load_si512(even_indices);
  const auto odd = _mm512_load_si512(odd_indices);
  const auto evens_0 = _mm512_permutex2var_epi16(x[0], even, x[1]);
  const auto evens_1 = _mm512_permutex2var_epi16(x[2], even, x[3]);
  const auto odds_0 = _mm512_permutex2var_epi16(x[0], odd, x[1]);
  const auto odds_1 = _mm512_permutex2var_epi16(x[2], odd, x[3]);
  _mm512_storeu_si512(to, _mm512_permutex2var_epi16(evens_0, even, evens_1));
  _mm512_storeu_si512(
      to + kPairLanes, _mm512_permutex2var_epi16(odds_0, even, odds_1));
  _mm512_storeu_si512(
      to + 2 * kPairLanes, _mm512_permutex2var_epi16(evens_0, odd, evens_1));
  _mm512_storeu_si512(
      to + 3 * kPairLanes, _mm512_permutex2var_epi16(odds_0, odd, odds_1));
}

/// x of a product in the order of the vectors.
struct PermutedRows {
  /// (rows, padded width).
  const uint16_t* x = nullptr;
  /// With zero points, the sums of the eight numbers of each lane, (rows,
  /// padded width / 8).
  const float* sums = nullptr;
  int64_t width = 0;
};

MICROFICHE_AVX512_BF16 PermutedRows permute_rows(const LinearProduct& product) {
  thread_local AlignedBytes numbers;
  thread_local AlignedBytes lane_sums;
  PermutedRows rows;
  rows.width = padded_width(product.in);
  numbers.resize(product.rows * rows.width * sizeof(uint16_t));
  auto* to = reinterpret_cast<uint16_t*>(numbers.data());
  const auto* from = static_cast<const uint16_t*>(product.x);
  for (int64_t m = 0; m < product.rows; ++m) {
    for (int64_t k = 0; k < rows.width; k += kInt4Block) {
      permute_block(
          from + m * product.in + k, product.in - k, to + m * rows.width + k);
    }
  }
  rows.x = to;
  if (product.groups.zero_point != nullptr) {
    lane_sums.resize(product.rows * rows.width / 8 * sizeof(float));
    auto* sums = reinterpret_cast<float*>(lane_sums.data());
    // 1 in bfloat16.
    const auto one = reinterpret_cast<__m512bh>(_mm512_set1_epi16(0x3F80));
    for (int64_t k = 0; k < product.rows * rows.width; k += kInt4Block) {
      auto sum = _mm512_setzero_ps();
      for (int64_t v = 0; v < kInt4Vectors; ++v) {
        sum = _mm512_dpbf16_ps(sum, load_bf16(to + k + v * kPairLanes), one);
      }
      _mm512_storeu_ps(sums + k / 8, sum);
    }
    rows.sums = sums;
  }
  return rows;
}

/// The tables that the numbers and scales of a product are looked up in.
struct Int4Tables {
  __m512i numbers;
  /// The group of each lane.
  __m512i groups;
  int64_t groups_per_block;
  __mmask16 group_mask;
};

MICROFICHE_AVX512_BF16 Int4Tables make_tables(const Int4Groups& groups) {
  alignas(64) uint16_t numbers[kPairLanes];
  alignas(64) uint16_t halves[kPairLanes];
  alignas(64) uint32_t words[kPairLanes / 2];
  // -8 to 7 in bfloat16.
  constexpr uint16_t kNumbers[] = {
      0xC100,
      0xC0E0,
      0xC0C0,
      0xC0A0,
      0xC080,
      0xC040,
      0xC000,
      0xBF80,
      0x0000,
      0x3F80,
      0x4000,
      0x4040,
      0x4080,
      0x40A0,
      0x40C0,
      0x40E0};
  const auto lanes_per_group = static_cast<uint32_t>(groups.size / 8);
  for (uint32_t i = 0; i < kPairLanes; ++i) {
    numbers[i] = kNumbers[i % 16];
    halves[i] = static_cast<uint16_t>(i / 2 / lanes_per_group);
    words[i / 2] = i / 2 / lanes_per_group;
  }
  Int4Tables tables;
  tables.numbers = _mm512_load_si512(numbers);
  tables.groups =
      groups.is_bf16 ? _mm512_load_si512(halves) : _mm512_load_si512(words);
  tables.groups_per_block = kInt4Block / groups.size;
  tables.group_mask =
      static_cast<__mmask16>((1U << tables.groups_per_block) - 1);
  return tables;
}

/// The scale or zero point of each lane's group.
template <bool IsBf16>
MICROFICHE_AVX512_BF16 __m512
load_groups(const void* from, int64_t at, __mmask16 mask, __m512i lanes) {
  if constexpr (IsBf16) {
    const auto few = _mm_maskz_loadu_epi16(
        static_cast<__mmask8>(mask), static_cast<const uint16_t*>(from) + at);
    // A bfloat16 number is the upper half of a float32 number.
    return _mm512_castsi512_ps(_mm512_maskz_permutexvar_epi16(
        0xAAAAAAAA, lanes, _mm512_castsi128_si512(few)));
  } else {
    const auto few =
        _mm_maskz_loadu_ps(mask, static_cast<const float*>(from) + at);
    return _mm512_permutexvar_ps(lanes, _mm512_castps128_ps512(few));
  }
}

MICROFICHE_AVX512_BF16 void
look_up(__m512i bytes, __m512i table, __m512bh (&weights)[kInt4Vectors]) {
  weights[0] =
      reinterpret_cast<__m512bh>(_mm512_permutexvar_epi16(bytes, table));
  weights[1] = reinterpret_cast<__m512bh>(
      _mm512_permutexvar_epi16(_mm512_srli_epi16(bytes, 4), table));
  weights[2] = reinterpret_cast<__m512bh>(
      _mm512_permutexvar_epi16(_mm512_srli_epi16(bytes, 8), table));
  weights[3] = reinterpret_cast<__m512bh>(
      _mm512_permutexvar_epi16(_mm512_srli_epi16(bytes, 12), table));
}

/// Where a channel's numbers and groups begin.
struct Int4Channel {
  const uint8_t* bytes;
  int64_t first_group;
};

inline Int4Channel channel_of(const LinearProduct& product, int64_t n) {
  return {
      static_cast<const uint8_t*>(product.weight) + n * product.in / 2,
      n * (product.in / product.groups.size)};
}

} // namespace microfiche::kernels
