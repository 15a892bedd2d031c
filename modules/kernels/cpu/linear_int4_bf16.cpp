#include "kernels/cpu/linear.h"

#ifdef __x86_64__

#include "kernels/cpu/int4_lanes.h"

#include <immintrin.h>

#include <algorithm>

namespace microfiche::kernels {
namespace {

// Up to this many rows, multiplying integers is as fast as converting weights.
constexpr int64_t kIntegerRows = 16;

// The processor's own prefetching stops at the end of a page. In a loop over
// 300 matrices a page ahead saved 7 % of one row's processor time, in a
// decoding step nothing that a busy machine showed.
constexpr int64_t kPrefetchedBytes = 4096;

// Bytes of weights that are converted to bfloat16 at a time. They stay in the
// second-level cache.
constexpr int64_t kConvertedBytes = 96 << 10;

/// Adds the terms of 128 inputs, of which the masks leave some out.
template <int64_t Rows, bool IsBf16, bool HasZeros>
MICROFICHE_AVX512_BF16 void add_block(
    const LinearProduct& product,
    const Int4Tables& tables,
    const PermutedRows& rows,
    __m512i bytes,
    int64_t group,
    __mmask16 group_mask,
    int64_t m,
    int64_t k,
    __m512 (&sums)[Rows]) {
  __m512bh weights[kInt4Vectors];
  look_up(bytes, tables.numbers, weights);
  const auto scale = load_groups<IsBf16>(
      product.groups.scale, group, group_mask, tables.groups);
  auto zero = _mm512_setzero_ps();
  if constexpr (HasZeros) {
    zero = load_groups<IsBf16>(
        product.groups.zero_point, group, group_mask, tables.groups);
  }
  for (int64_t i = 0; i < Rows; ++i) {
    const auto* x = rows.x + (m + i) * rows.width + k;
    auto sum = _mm512_setzero_ps();
    if constexpr (HasZeros) {
      sum = _mm512_fnmadd_ps(
          zero,
          _mm512_loadu_ps(rows.sums + ((m + i) * rows.width + k) / 8),
          sum);
    }
    for (int64_t v = 0; v < kInt4Vectors; ++v) {
      sum = _mm512_dpbf16_ps(sum, weights[v], load_bf16(x + v * kPairLanes));
    }
    sums[i] = _mm512_fmadd_ps(sum, scale, sums[i]);
  }
}

/// The sums of channel n for the rows [m, m + Rows).
template <int64_t Rows, bool IsBf16, bool HasZeros>
MICROFICHE_AVX512_BF16 void sum_channel(
    const LinearProduct& product,
    const Int4Tables& tables,
    const PermutedRows& rows,
    int64_t m,
    int64_t n,
    __m512 (&sums)[Rows]) {
  for (auto& sum : sums) {
    sum = _mm512_setzero_ps();
  }
  auto [bytes, group] = channel_of(product, n);
  int64_t k = 0;
  for (; k + kInt4Block <= product.in; k += kInt4Block) {
    _mm_prefetch(bytes + k / 2 + kPrefetchedBytes, _MM_HINT_T0);
    add_block<Rows, IsBf16, HasZeros>(
        product,
        tables,
        rows,
        _mm512_loadu_si512(bytes + k / 2),
        group,
        tables.group_mask,
        m,
        k,
        sums);
    group += tables.groups_per_block;
  }
  if (k < product.in) {
    const int64_t left = product.in - k;
    add_block<Rows, IsBf16, HasZeros>(
        product,
        tables,
        rows,
        _mm512_maskz_loadu_epi8((uint64_t{1} << left / 2) - 1, bytes + k / 2),
        group,
        static_cast<__mmask16>((1U << left / product.groups.size) - 1),
        m,
        k,
        sums);
  }
}

/// Writes one number.
MICROFICHE_AVX512_BF16 void
store_channel(const LinearProduct& product, __m512 sum, int64_t m, int64_t n) {
  float y = _mm512_reduce_add_ps(sum);
  y = product.bias != nullptr ? y + product.bias[n] : y;
  const auto rounded = _mm_cvtneps_pbh(_mm_set_ss(y));
  std::memcpy(
      static_cast<uint16_t*>(product.y) + m * product.out + n,
      &rounded,
      sizeof(uint16_t));
}

constexpr int64_t kInt4Channels = 4;

/// The channels [n, n + count), at most four, of the rows [m, m + Rows).
template <int64_t Rows, bool IsBf16, bool HasZeros>
MICROFICHE_AVX512_BF16 void multiply_int4(
    const LinearProduct& product,
    const Int4Tables& tables,
    const PermutedRows& rows,
    int64_t m,
    int64_t n,
    int64_t count) {
  if constexpr (Rows <= 2) {
    if (count == kInt4Channels) {
      __m512 sums[kInt4Channels][Rows];
      for (int64_t c = 0; c < kInt4Channels; ++c) {
        sum_channel<Rows, IsBf16, HasZeros>(
            product, tables, rows, m, n + c, sums[c]);
      }
      for (int64_t i = 0; i < Rows; ++i) {
        const __m512 of_row[] = {
            sums[0][i], sums[1][i], sums[2][i], sums[3][i]};
        store_channels(product, reduce_lanes(of_row), m + i, n);
      }
      return;
    }
  }
  for (int64_t c = 0; c < count; ++c) {
    __m512 sums[Rows];
    sum_channel<Rows, IsBf16, HasZeros>(product, tables, rows, m, n + c, sums);
    for (int64_t i = 0; i < Rows; ++i) {
      store_channel(product, sums[i], m + i, n + c);
    }
  }
}

/// Multiplies integers. The order of a row's sums does not depend on the other
/// rows.
template <bool IsBf16, bool HasZeros>
MICROFICHE_AVX512_BF16 void
run_integers(const LinearProduct& product, int64_t begin, int64_t end) {
  const auto tables = make_tables(product.groups);
  const auto rows = permute_rows(product);
  for (int64_t n = begin; n < end; n += kInt4Channels) {
    const int64_t count = std::min(kInt4Channels, end - n);
    int64_t m = 0;
    for (; m + 8 <= product.rows; m += 8) {
      multiply_int4<8, IsBf16, HasZeros>(product, tables, rows, m, n, count);
    }
    for (; m + 4 <= product.rows; m += 4) {
      multiply_int4<4, IsBf16, HasZeros>(product, tables, rows, m, n, count);
    }
    for (; m + 2 <= product.rows; m += 2) {
      multiply_int4<2, IsBf16, HasZeros>(product, tables, rows, m, n, count);
    }
    if (m < product.rows) {
      multiply_int4<1, IsBf16, HasZeros>(product, tables, rows, m, n, count);
    }
  }
}

/// 128 weights in bfloat16, in the order of the vectors.
template <bool IsBf16, bool HasZeros>
MICROFICHE_AVX512_BF16 void convert_block(
    const LinearProduct& product,
    const Int4Tables& tables,
    __m512i bytes,
    int64_t group,
    __mmask16 group_mask,
    uint16_t* to) {
  __m512bh weights[kInt4Vectors];
  look_up(bytes, tables.numbers, weights);
  const auto scale = load_groups<IsBf16>(
      product.groups.scale, group, group_mask, tables.groups);
  auto zero = _mm512_setzero_ps();
  if constexpr (HasZeros) {
    zero = _mm512_mul_ps(
        scale,
        load_groups<IsBf16>(
            product.groups.zero_point, group, group_mask, tables.groups));
  }
  alignas(64) uint16_t interleaved[kPairLanes];
  for (int64_t i = 0; i < kPairLanes; ++i) {
    interleaved[i] = static_cast<uint16_t>(i / 2 + i % 2 * kPairLanes / 2);
  }
  const auto order = _mm512_load_si512(interleaved);
  for (int64_t v = 0; v < kInt4Vectors; ++v) {
    const auto pairs = reinterpret_cast<__m512i>(weights[v]);
    const auto first = _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16));
    const auto second = _mm512_castsi512_ps(
        _mm512_and_si512(pairs, _mm512_set1_epi32(int(0xFFFF0000))));
    const auto rounded = _mm512_cvtne2ps_pbh(
        _mm512_fmsub_ps(second, scale, zero),
        _mm512_fmsub_ps(first, scale, zero));
    _mm512_storeu_si512(
        to + v * kPairLanes,
        _mm512_permutexvar_epi16(order, reinterpret_cast<__m512i>(rounded)));
  }
}

/// Converts the channels [begin, end) to bfloat16, (channels, padded width).
template <bool IsBf16, bool HasZeros>
MICROFICHE_AVX512_BF16 void convert_channels(
    const LinearProduct& product,
    const Int4Tables& tables,
    int64_t begin,
    int64_t end,
    uint16_t* to) {
  for (int64_t n = begin; n < end; ++n) {
    auto [bytes, group] = channel_of(product, n);
    for (int64_t k = 0; k < product.in; k += kInt4Block) {
      const int64_t left = std::min(kInt4Block, product.in - k);
      const auto byte_mask = ~uint64_t{0} >> (64 - left / 2);
      convert_block<IsBf16, HasZeros>(
          product,
          tables,
          _mm512_maskz_loadu_epi8(byte_mask, bytes + k / 2),
          group,
          static_cast<__mmask16>((1U << left / product.groups.size) - 1),
          to);
      group += tables.groups_per_block;
      to += kInt4Block;
    }
  }
}

/// Multiplies weights that are rounded to bfloat16.
template <bool IsBf16, bool HasZeros>
MICROFICHE_AVX512_BF16 void
run_converted(const LinearProduct& product, int64_t begin, int64_t end) {
  thread_local AlignedBytes buffer;
  const auto tables = make_tables(product.groups);
  const auto rows = permute_rows(product);
  const auto channel_bytes =
      rows.width * static_cast<int64_t>(sizeof(uint16_t));
  const int64_t step = std::max(
      kInt4Channels,
      kConvertedBytes / channel_bytes / kInt4Channels * kInt4Channels);
  buffer.resize(step * channel_bytes);
  auto* weights = reinterpret_cast<uint16_t*>(buffer.data());
  for (int64_t n = begin; n < end; n += step) {
    const int64_t last = std::min(end, n + step);
    convert_channels<IsBf16, HasZeros>(product, tables, n, last, weights);
    auto part = product;
    part.x = rows.x;
    part.y = static_cast<uint16_t*>(product.y) + n;
    part.in = rows.width;
    part.type = WeightType::kBFloat16;
    part.weight = weights;
    part.bias = product.bias == nullptr ? nullptr : product.bias + n;
    linear_cpu_bf16(part, 0, last - n);
  }
}

template <bool IsBf16, bool HasZeros>
void run_int4(const LinearProduct& product, int64_t begin, int64_t end) {
  if (product.rows <= kIntegerRows || product.rows_alone) {
    run_integers<IsBf16, HasZeros>(product, begin, end);
  } else {
    run_converted<IsBf16, HasZeros>(product, begin, end);
  }
}

} // namespace

void linear_cpu_int4_bf16(
    const LinearProduct& product,
    int64_t begin,
    int64_t end) {
  const auto& groups = product.groups;
  if (groups.is_bf16) {
    groups.zero_point == nullptr ? run_int4<true, false>(product, begin, end)
                                 : run_int4<true, true>(product, begin, end);
  } else {
    groups.zero_point == nullptr ? run_int4<false, false>(product, begin, end)
                                 : run_int4<false, true>(product, begin, end);
  }
}

} // namespace microfiche::kernels

#else

namespace microfiche::kernels {

void linear_cpu_int4_bf16(
    const LinearProduct& /*product*/,
    int64_t /*begin*/,
    int64_t /*end*/) {}

} // namespace microfiche::kernels

#endif
