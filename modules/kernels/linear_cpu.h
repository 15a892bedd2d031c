#pragma once

#include <cstdint>

namespace microfiche::kernels {

/// A product with a weight of bfloat16 or int8, in raw memory.
struct LinearProduct {
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
/// Fast for few rows and, with `has_bf16_instructions`, for any number.
void linear_cpu(const LinearProduct& product, int64_t begin, int64_t end);

/// Whether the processor multiplies bfloat16 numbers itself, with AVX-512.
bool has_bf16_instructions();

/// Whether it multiplies tiles of them, with AMX.
bool has_tile_instructions();

/// The same for x in bfloat16, where `has_bf16_instructions`.
void linear_cpu_bf16(const LinearProduct& product, int64_t begin, int64_t end);

} // namespace microfiche::kernels
