#pragma once

#include "kernels/decode_layer_cpu.h"

namespace microfiche::kernels {

/// One member of a team on its way through a layer, with what attention and
/// experts both do. Rows are those of `buffers`, D the width.
struct DecodeMember {
  const DecodeSizes& sizes;
  DecodeBuffers& buffers;
  DecodeScratch& scratch;
  TeamMember& team;

  /// The norm of `x` into the member's own `normed`.
  void normalize(const void* weight);

  /// The product of all rows, and that of `rows` in raw memory.
  LinearProduct product(
      const RawWeight& weight,
      const AlignedBytes& x,
      AlignedBytes& y) const;
  LinearProduct
  product(const RawWeight& weight, const void* x, int64_t rows, void* y) const;

  /// Adds channels [begin, end) of all rows of (rows, D) to others.
  void add_channels(
      const AlignedBytes& from,
      AlignedBytes& to,
      int64_t begin,
      int64_t end) const;

  /// Adds the product of `from` to `x`. Members have met when it returns.
  void add_product(const RawWeight& weight, const AlignedBytes& from);

  /// This member's part of silu(gate(x)) * up(x), in the place of the gate.
  void multiply_inner(AlignedBytes& gate, const AlignedBytes& up) const;
};

/// `count` bfloat16 numbers in float32.
void convert_to_float(const uint16_t* from, int64_t count, float* to);

} // namespace microfiche::kernels
