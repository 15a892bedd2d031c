#pragma once

#include "kernels/cpu/processor.h"

#include <cstdint>

namespace microfiche::kernels {

// Above this many rows, without bfloat16 instructions, LibTorch's product is
// faster: it keeps tiles of the weight in the cache.
constexpr int64_t kFewRows = 8;

// Above this many rows of bfloat16, LibTorch's product with AMX is faster.
constexpr int64_t kFewTileRows = 16;

// Rows of x that fit into the second-level cache.
constexpr int64_t kTileRows = 96;

/// With more rows of float32, converting a bf16 weight once costs less than
/// widening it again for each block of rows.
constexpr int64_t kMaxWidenedRows = 256;

// Note [bf16 without instructions for it]
// A processor without bfloat16 instructions multiplies bfloat16 matrices
// several times slower than float32. There activations are float32, and only
// the matrices stay in bfloat16, which takes half the memory of float32.
// Products widen the weights in registers, which is exact, and multiply in
// float32. So results are more exact than with bfloat16 activations.

enum class WeightType { kFloat32, kBFloat16, kInt8, kInt4 };

/// The groups of an int4 weight; see Note [Weight-only int4].
struct Int4Groups {
  /// Inputs per group: 32, 64 or 128.
  int64_t size = 0;
  /// (out, in / size), bfloat16 or float32.
  const void* scale = nullptr;
  /// The same for the zero points, or null if all are zero.
  const void* zero_point = nullptr;
  bool is_bf16 = true;
};

/// x w^T + bias in raw memory, for a weight of any type.
struct LinearProduct {
  /// (rows, in) and (rows, out), float32 or bfloat16.
  const void* x = nullptr;
  void* y = nullptr;
  bool x_is_bf16 = false;

  int64_t rows = 0;
  int64_t in = 0;
  int64_t out = 0;

  /// (out, in); int4 has two numbers per byte.
  const void* weight = nullptr;
  WeightType type = WeightType::kBFloat16;
  /// (out) for int8, null otherwise.
  const float* scale = nullptr;
  /// Only for int4.
  Int4Groups groups = {};
  /// (out), or null.
  const float* bias = nullptr;

  /// Sums every row in the order in which a product of one row sums it, so no
  /// bit of a row depends on the number of rows. Only for at most kTileRows
  /// rows. A little slower for more than five rows of bfloat16; without effect
  /// elsewhere, because these sums have one order.
  bool rows_alone = false;
};

/// Computes the output channels [begin, end) of all rows, with sums in float32.
/// Fast for few rows and, with `has_bf16_instructions`, for any number.
///
/// Compiled for AVX-512 with and without bfloat16, for AVX2, and for the
/// compiler's default; the processor's features decide at run time.
void linear_cpu(const LinearProduct& product, int64_t begin, int64_t end);

/// The most rows for which `linear_cpu` is at least as fast as LibTorch's
/// product, for weights of bfloat16, int8 and int4. With bfloat16 instructions
/// there is no limit, except on processors with AMX, which LibTorch uses: there
/// it is kFewTileRows, and kTileRows for int8 and int4, which LibTorch must
/// first convert. Without these instructions it is kMaxWidenedRows for x in
/// float32 and weights of bfloat16.
int64_t max_linear_cpu_rows(bool x_is_bf16, WeightType weight);

/// `linear_cpu` for x and weight in float32. More than kTileRows rows need many
/// channels per call, because their weights are first copied into panels.
void linear_cpu_f32(const LinearProduct& product, int64_t begin, int64_t end);

/// The most rows for which `linear_cpu_f32` is used: all with AVX-512, 16
/// without. It is as fast as LibTorch's product, and needed for equal bits: the
/// sums of MKL depend on the number of threads, on AMD for 5 to 11 rows, on
/// Intel also for 320 and 1,280 rows of 864 numbers.
int64_t max_linear_cpu_f32_rows();

/// `linear_cpu` for x in bfloat16 and weights of bfloat16 or int8. Needs
/// `has_bf16_instructions`.
void linear_cpu_bf16(const LinearProduct& product, int64_t begin, int64_t end);

/// `linear_cpu` for x in float32 and weights of bfloat16, without bfloat16
/// instructions; see Note [bf16 without instructions for it]. For any number of
/// rows.
void linear_cpu_widened(
    const LinearProduct& product,
    int64_t begin,
    int64_t end);

/// `linear_cpu` for weights of int4: converts some channels at a time to
/// float32.
void linear_cpu_int4(const LinearProduct& product, int64_t begin, int64_t end);

/// `linear_cpu` for x in bfloat16 and weights of int4. Needs
/// `has_bf16_instructions`. Few rows multiply the integers, and the sum of each
/// group is scaled; more than 16 rows multiply weights that are rounded to
/// bfloat16, unless `rows_alone`.
void linear_cpu_int4_bf16(
    const LinearProduct& product,
    int64_t begin,
    int64_t end);

} // namespace microfiche::kernels
