#pragma once

#include "decoder/cpu/decode_layer.h"
#include "decoder/decoder.h"
#include "decoder/kv_cache.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::decoder {

/// Decodes one id per row on a CPU, all layers in one parallel region; see Note
/// [One parallel region per step]. Its reference is `Decoder::forward` with one
/// position per row.
class DecodeTeam {
 public:
  /// Why it cannot run this decoder over this cache, or none if it can. It
  /// needs contiguous weights of float32, bfloat16 or int8 on a CPU,
  /// activations of float32 or bfloat16, kv_heads = heads, no qk_norm, no LoRA,
  /// and at most as many rows as its products are fast for.
  static std::optional<std::string> unsupported_reason(
      const DecoderImpl& decoder,
      const KvCache& cache);

  /// Keeps pointers to the weights, which must not move. Throws `c10::Error`
  /// when there is an `unsupported_reason`.
  DecodeTeam(Decoder decoder, const KvCache& cache);

  /// Appends `ids` (B, 1) int64 to a supported cache. Returns logits
  /// (B, vocab_size) float32.
  ///
  /// Throws `c10::Error` when the cache is full or an id is outside the
  /// vocabulary.
  torch::Tensor run(const torch::Tensor& ids, KvCache& cache);

 private:
  void prepare(const torch::Tensor& ids, const KvCache& cache);

  Decoder decoder_;
  DecodeSizes sizes_;
  std::vector<RawDecoderLayer> layers_;
  RawWeight head_;
  DecodeBuffers buffers_;
  /// One per thread.
  std::vector<DecodeScratch> scratches_;
  /// Covers all positions so far, and the largest capacity.
  layers::Rotation rotation_;
};

} // namespace microfiche::decoder
