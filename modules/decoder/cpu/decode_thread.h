#pragma once

#include "decoder/cpu/decode_buffers.h"
#include "decoder/cpu/raw_layer.h"
#include "kernels/cpu/aligned_bytes.h"
#include "kernels/cpu/linear.h"
#include "kernels/cpu/thread_team.h"

#include <cstdint>

namespace microfiche::decoder {

/// One thread of a team in a decoding step, with the operations that attention
/// and experts share. Rows are those of `buffers`, D is the width.
struct DecodeThread {
  const DecodeSizes& sizes;
  DecodeBuffers& buffers;
  DecodeScratch& scratch;
  kernels::TeamMember& team;

  /// Writes the norm of `x` to this thread's `scratch.normed`.
  void normalize(const void* weight);

  /// The arguments of a product of all rows, or of `rows` rows in raw memory.
  kernels::LinearProduct product(
      const RawWeight& weight,
      const kernels::AlignedBytes& x,
      kernels::AlignedBytes& y) const;
  kernels::LinearProduct
  product(const RawWeight& weight, const void* x, int64_t rows, void* y) const;

  /// Adds the channels [begin, end) of all rows of `from`, (rows, D), to `to`.
  void add_channels(
      const kernels::AlignedBytes& from,
      kernels::AlignedBytes& to,
      int64_t begin,
      int64_t end) const;

  /// Adds the product of `from` to `x`. Ends with a barrier.
  void add_product(const RawWeight& weight, const kernels::AlignedBytes& from);

  /// Writes this thread's part of silu(gate) * up to `gate`.
  void apply_silu_product(
      kernels::AlignedBytes& gate,
      const kernels::AlignedBytes& up) const;
};

/// Converts `count` bfloat16 numbers to float32.
void convert_to_float(const uint16_t* from, int64_t count, float* to);

} // namespace microfiche::decoder
