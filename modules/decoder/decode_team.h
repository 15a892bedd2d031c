#pragma once

#include "decoder/decoder.h"
#include "decoder/kv_cache.h"

#include "decoder/cpu/decode_layer.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::decoder {

/// One more id a row on a CPU, all layers in one start of threads; see Note
/// [One parallel region per step]. `Decoder::forward` with one position a row is
/// its reference.
class DecodeTeam {
 public:
  /// Why it cannot run this decoder over this cache, a clause; none if it can.
  /// It needs contiguous weights of float32, bfloat16 or int8 on a CPU,
  /// activations of float32 or bfloat16, as many heads of keys as of queries
  /// without norms of their own, no adapters, and no more rows than its
  /// products are fast for.
  static std::optional<std::string> unsupported_reason(
      const DecoderImpl& decoder,
      const KvCache& cache);

  /// Takes note of where the weights lie; they must stay there. Throws
  /// `c10::Error` where `unsupported_reason` has a reason.
  DecodeTeam(Decoder decoder, const KvCache& cache);

  /// Adds `ids` (B, 1) int64 to a cache that `unsupported_reason` has nothing against and
  /// makes it longer. Returns logits (B, vocab_size) float32.
  ///
  /// Throws `c10::Error` when the cache is full, or for an id outside of the
  /// vocabulary.
  torch::Tensor run(const torch::Tensor& ids, KvCache& cache);

 private:
  void prepare(const torch::Tensor& ids, const KvCache& cache);

  Decoder decoder_;
  DecodeSizes sizes_;
  std::vector<RawDecoderLayer> layers_;
  RawWeight head_;
  DecodeBuffers buffers_;
  /// One a thread.
  std::vector<DecodeScratch> scratches_;
  /// Of as many positions as the cache has had room for.
  Rotation rotation_;
};

} // namespace microfiche::decoder
