#pragma once

#include "kernels/cpu/vector.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

// A matrix product for many rows. The right-hand side is stored in panels of at
// most 64 columns; a panel holds the columns of one step side by side. A step
// along the summed dimension is a 32-bit word: one float32 number, or two
// adjacent bfloat16 numbers. The order of each sum does not depend on the other
// rows and columns.

namespace microfiche::kernels {

constexpr int64_t kPanelVectors = 4;
constexpr int64_t kPanelColumns = kPanelVectors * kVectorLanes;

// Rows whose sums fill the registers: 32 of 16 numbers, or 16 of eight.
constexpr int64_t kWidePanelRows = 6;
constexpr int64_t kNarrowPanelRows = 1;

// Loops over a block are unrolled, so that its sums stay in registers.
#define MICROFICHE_UNROLL _Pragma("GCC unroll 16")

constexpr int64_t round_up(int64_t count, int64_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

template <int64_t Rows, int64_t Vectors>
MICROFICHE_INLINE void
load_sums(const float* sums, int64_t stride, Floats (&held)[Rows][Vectors]) {
  MICROFICHE_UNROLL
  for (int64_t i = 0; i < Rows; ++i) {
    MICROFICHE_UNROLL
    for (int64_t j = 0; j < Vectors; ++j) {
      load(sums + i * stride + j * kVectorLanes, held[i][j]);
    }
  }
}

template <int64_t Rows, int64_t Vectors>
MICROFICHE_INLINE void
store_sums(const Floats (&held)[Rows][Vectors], float* sums, int64_t stride) {
  MICROFICHE_UNROLL
  for (int64_t i = 0; i < Rows; ++i) {
    MICROFICHE_UNROLL
    for (int64_t j = 0; j < Vectors; ++j) {
      std::memcpy(
          sums + i * stride + j * kVectorLanes, &held[i][j], sizeof(Floats));
    }
  }
}

/// A word is one number.
struct Float32Word {
  static constexpr int64_t kNumbers = 1;

  template <typename Number>
  static MICROFICHE_INLINE uint32_t pack(const Number* numbers) {
    return pack(numbers, numbers);
  }
  template <typename Number>
  static MICROFICHE_INLINE uint32_t
  pack(const Number* first, const Number* /*second*/) {
    const float value = to_float(*first);
    uint32_t word;
    std::memcpy(&word, &value, sizeof word);
    return word;
  }

  template <typename Number>
  static MICROFICHE_INLINE void load_words(
      const Number* numbers,
      Words& words) {
    Floats values;
    load_floats(numbers, values);
    std::memcpy(&words, &values, sizeof words);
  }
  static MICROFICHE_INLINE void store(const Floats& numbers, uint32_t* words) {
    std::memcpy(words, &numbers, sizeof numbers);
  }

  /// sums[i] += left[i] * panel for `Rows` rows and a panel of `Vectors`
  /// vectors.
  template <int64_t Rows, int64_t Vectors>
  static MICROFICHE_INLINE void multiply_panel(
      const uint32_t* left,
      int64_t left_stride,
      const uint32_t* panel,
      int64_t depth,
      float* sums,
      int64_t sums_stride) {
    Floats held[Rows][Vectors];
    load_sums(sums, sums_stride, held);
    for (int64_t d = 0; d < depth; ++d) {
      Floats right[Vectors];
      MICROFICHE_UNROLL
      for (int64_t j = 0; j < Vectors; ++j) {
        load(panel + (d * Vectors + j) * kVectorLanes, right[j]);
      }
      MICROFICHE_UNROLL
      for (int64_t i = 0; i < Rows; ++i) {
        float factor;
        load(left + i * left_stride + d, factor);
        MICROFICHE_UNROLL
        for (int64_t j = 0; j < Vectors; ++j) {
          held[i][j] += right[j] * factor;
        }
      }
    }
    store_sums(held, sums, sums_stride);
  }
};

#ifdef __x86_64__
/// A word is two numbers. Needs `has_bf16_instructions`.
struct Bf16Word {
  static constexpr int64_t kNumbers = 2;

  static MICROFICHE_INLINE uint32_t pack(const Bf16* numbers) {
    return pack(numbers, numbers + 1);
  }
  static MICROFICHE_INLINE uint32_t
  pack(const Bf16* first, const Bf16* second) {
    return uint32_t{first->bits} | uint32_t{second->bits} << 16;
  }

  static MICROFICHE_INLINE void load_words(const Bf16* numbers, Words& words) {
    load(numbers, words);
  }
  /// Rounds to nearest, ties to even.
  static MICROFICHE_INLINE void store(const Floats& numbers, uint32_t* words) {
    Words bits;
    std::memcpy(&bits, &numbers, sizeof bits);
    bits += 0x7FFF + ((bits >> 16) & 1);
    const Halves halves = __builtin_convertvector(bits >> 16, Halves);
    std::memcpy(words, &halves, sizeof halves);
  }

  /// As in `Float32Word`. Not inlined, because its callers are compiled without
  /// these instructions.
  template <int64_t Rows, int64_t Vectors>
  __attribute__((noinline, target("avx512f,avx512bf16"))) static void
  multiply_panel(
      const uint32_t* left,
      int64_t left_stride,
      const uint32_t* panel,
      int64_t depth,
      float* sums,
      int64_t sums_stride) {
    Floats held[Rows][Vectors];
    load_sums(sums, sums_stride, held);
    for (int64_t d = 0; d < depth; ++d) {
      __m512bh right[Vectors];
      MICROFICHE_UNROLL
      for (int64_t j = 0; j < Vectors; ++j) {
        right[j] = reinterpret_cast<__m512bh>(
            _mm512_loadu_si512(panel + (d * Vectors + j) * kVectorLanes));
      }
      MICROFICHE_UNROLL
      for (int64_t i = 0; i < Rows; ++i) {
        const auto pair = reinterpret_cast<__m512bh>(
            _mm512_set1_epi32(static_cast<int>(left[i * left_stride + d])));
        MICROFICHE_UNROLL
        for (int64_t j = 0; j < Vectors; ++j) {
          held[i][j] = _mm512_dpbf16_ps(held[i][j], pair, right[j]);
        }
      }
    }
    store_sums(held, sums, sums_stride);
  }
};
#endif

/// `multiply_panel` for `rows`, a multiple of `Rows`, and all panels.
template <typename Word, int64_t Rows, int64_t Vectors = kPanelVectors>
MICROFICHE_INLINE void multiply(
    const uint32_t* left,
    int64_t left_stride,
    int64_t rows,
    const uint32_t* panels,
    int64_t depth,
    int64_t columns,
    float* sums,
    int64_t sums_stride) {
  constexpr int64_t kColumns = Vectors * kVectorLanes;
  for (; columns >= kColumns; columns -= kColumns) {
    for (int64_t i = 0; i < rows; i += Rows) {
      Word::template multiply_panel<Rows, Vectors>(
          left + i * left_stride,
          left_stride,
          panels,
          depth,
          sums + i * sums_stride,
          sums_stride);
    }
    panels += depth * kColumns;
    sums += kColumns;
  }
  if constexpr (Vectors > 1) {
    multiply<Word, Rows, Vectors - 1>(
        left, left_stride, rows, panels, depth, columns, sums, sums_stride);
  }
}

/// The index of word d of column c in panels of `columns` and `depth` words.
MICROFICHE_INLINE int64_t
index_in_panels(int64_t d, int64_t c, int64_t depth, int64_t columns) {
  const int64_t first = c / kPanelColumns * kPanelColumns;
  const int64_t width = std::min(kPanelColumns, columns - first);
  return first * depth + d * width + c - first;
}

/// Transposes 16 rows of 16 words.
MICROFICHE_INLINE void transpose(Words (&rows)[kVectorLanes]) {
  // Each round interleaves the lower and the upper half of the rows.
  for (int round = 0; round < 4; ++round) {
    Words mixed[kVectorLanes];
    MICROFICHE_UNROLL
    for (int64_t i = 0; i < kVectorLanes / 2; ++i) {
      const Words& a = rows[i];
      const Words& b = rows[i + kVectorLanes / 2];
      mixed[2 * i] = __builtin_shufflevector(
          a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      mixed[2 * i + 1] = __builtin_shufflevector(
          a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    MICROFICHE_UNROLL
    for (int64_t i = 0; i < kVectorLanes; ++i) {
      rows[i] = mixed[i];
    }
  }
}

/// Fills panels whose column c holds the numbers at `row(c)`. `columns` is a
/// multiple of kVectorLanes.
template <typename Word, typename Row>
MICROFICHE_INLINE void
pack_panels(const Row& row, int64_t columns, int64_t depth, uint32_t* panels) {
  for (int64_t c = 0; c < columns; c += kVectorLanes) {
    auto* column = panels + index_in_panels(0, c, depth, columns);
    const int64_t step =
        std::min(kPanelColumns, columns - c / kPanelColumns * kPanelColumns);
    int64_t d = 0;
    for (; d + kVectorLanes <= depth; d += kVectorLanes) {
      Words words[kVectorLanes];
      MICROFICHE_UNROLL
      for (int64_t i = 0; i < kVectorLanes; ++i) {
        Word::load_words(row(c + i) + d * Word::kNumbers, words[i]);
      }
      transpose(words);
      MICROFICHE_UNROLL
      for (int64_t i = 0; i < kVectorLanes; ++i) {
        std::memcpy(column + (d + i) * step, &words[i], sizeof(Words));
      }
    }
    for (; d < depth; ++d) {
      for (int64_t i = 0; i < kVectorLanes; ++i) {
        column[d * step + i] = Word::pack(row(c + i) + d * Word::kNumbers);
      }
    }
  }
}

} // namespace microfiche::kernels
