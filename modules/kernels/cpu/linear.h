#pragma once

#include <cstdint>

namespace microfiche::kernels {

// Above as many rows, without instructions for bfloat16, a matrix product that
// keeps tiles of the weight in the cache is quicker.
constexpr int64_t kFewRows = 8;

// Rows of x that stay in a processor's second-level cache.
constexpr int64_t kTileRows = 96;

enum class WeightType { kFloat32, kBFloat16, kInt8 };

/// A product with a weight of any type, in raw memory.
struct LinearProduct {
  /// (rows, in) and (rows, out), float32 or bfloat16.
  const void* x = nullptr;
  void* y = nullptr;
  bool x_is_bf16 = false;

  int64_t rows = 0;
  int64_t in = 0;
  int64_t out = 0;

  /// (out, in).
  const void* weight = nullptr;
  WeightType type = WeightType::kBFloat16;
  /// (out) for int8, null elsewhere.
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

/// For how many rows `linear_cpu` is as fast as a matrix product of LibTorch's.
/// With instructions for bfloat16 it is for any number, and runs several
/// products at once; but a processor that multiplies whole tiles is faster
/// still, which LibTorch knows how to ask for.
int64_t max_linear_cpu_rows(bool x_is_bf16);

/// Whether the processor multiplies bfloat16 numbers itself, with AVX-512.
bool has_bf16_instructions();

/// Whether it multiplies tiles of them, with AMX.
bool has_tile_instructions();

/// The same for x and a weight of float32. More than kTileRows rows take many
/// channels at a time to be worth what laying out their weights costs.
void linear_cpu_f32(const LinearProduct& product, int64_t begin, int64_t end);

/// For how many rows it is as fast as a matrix product of LibTorch's, or is
/// wanted for another reason: MKL's sums depend on the number of threads for 5
/// to 11 rows of float32.
int64_t max_linear_cpu_f32_rows();

/// The same for x in bfloat16 and a weight of bfloat16 or int8, where
/// `has_bf16_instructions`.
void linear_cpu_bf16(const LinearProduct& product, int64_t begin, int64_t end);

} // namespace microfiche::kernels
