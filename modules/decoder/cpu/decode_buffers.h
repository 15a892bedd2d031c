#pragma once

#include "decoder/cpu/raw_layer.h"
#include "kernels/cpu/aligned_bytes.h"
#include "kernels/cpu/expert_pairs.h"

#include <cstdint>
#include <vector>

namespace microfiche::decoder {

/// The activations of one step, which all threads of a team share. A pair is a
/// row and one of its experts.
struct DecodeBuffers {
  DecodeBuffers() = default;
  DecodeBuffers(
      const DecodeSizes& sizes,
      const std::vector<RawDecoderLayer>& layers,
      int64_t vocab_size,
      int64_t num_rows);

  /// Changes the number of rows; afterwards the contents are unspecified.
  void set_rows(int64_t num_rows);

  /// Rows of the step: one per new position.
  int64_t rows = 0;

  /// The rows of a block of several positions: each is computed as if it were
  /// alone; see `kernels::LinearProduct::rows_alone`.
  bool rows_alone = false;

  /// The residual stream, (rows, width).
  kernels::AlignedBytes x;

  /// (rows, heads * head_dim).
  kernels::AlignedBytes q, k, v, attended;

  /// Terms that are added to the residual stream next, (rows, width).
  kernels::AlignedBytes added, routed;

  /// (rows, inner width) of the shared experts, and (pairs, inner width) of the
  /// routed ones.
  kernels::AlignedBytes shared_gate, shared_up, gate, up;

  /// (pairs, width).
  kernels::AlignedBytes expert_outputs;

  /// (rows, experts).
  std::vector<float> router_logits;

  /// (rows, vocabulary) in bfloat16; empty when activations are float32.
  kernels::AlignedBytes rounded_logits;

 private:
  struct RowBytes {
    int64_t heads = 0;
    int64_t width = 0;
    int64_t shared_inner = 0;
    int64_t pairs_inner = 0;
    int64_t pairs_width = 0;
    int64_t logits = 0;
  };

  RowBytes row_bytes_;
  int64_t num_experts_ = 0;
};

/// The memory of one thread.
struct DecodeScratch {
  kernels::AlignedBytes normed;
  std::vector<float> normed32;
  kernels::AlignedBytes gathered;
  std::vector<float> router_logits;
  std::vector<int64_t> expert_ids;
  std::vector<float> expert_weights;
  kernels::ExpertPairs pairs;
};

} // namespace microfiche::decoder
