#pragma once

#include <cstdint>

namespace microfiche::kernels {

/// A product of few rows with a weight of bfloat16 or int8, in raw memory.
struct LinearFewRows {
  /// (rows, in) and (rows, out), float32 or bfloat16.
  const void* x = nullptr;
  void* y = nullptr;
  bool x_is_bf16 = false;

  int64_t rows = 0;
  int64_t in = 0;
  int64_t out = 0;

  /// (out, in): int8 where there are scales, bfloat16 elsewhere.
  const void* weight = nullptr;
  /// (out), or null.
  const float* scale = nullptr;
  /// (out), or null.
  const float* bias = nullptr;
};

/// Computes the output channels [begin, end) of all rows, with sums in float32.
///
/// Compiled for AVX-512 with and without bfloat16, for AVX2, and for whatever
/// the compiler takes for granted; the processor decides at the first call.
void linear_few_rows(const LinearFewRows& product, int64_t begin, int64_t end);

/// The same with the processor's bfloat16 instructions. False, and nothing
/// done, where it has none or x is float32.
bool linear_few_rows_bf16(
    const LinearFewRows& product,
    int64_t begin,
    int64_t end);

} // namespace microfiche::kernels
