#pragma once

#include "decoder/decoder.h"
#include "decoder/kv_cache.h"

#include <torch/types.h>

#include <memory>

namespace microfiche::decoder {

/// `Decoder::step` over one cache, recorded as a CUDA graph: hundreds of
/// kernels of a few microseconds each start as one.
class DecodeGraph {
 public:
  /// Whether this build and this decoder support it; see
  /// `Decoder::is_recordable`.
  static bool is_supported(const DecoderImpl& decoder);

  /// Runs the step twice, to warm up and to record. Both write at the cache's
  /// next places and do not advance it. With a window, every row has its
  /// prompt. Throws `c10::Error` unless `is_supported`.
  DecodeGraph(Decoder decoder, const KvCache& cache);
  ~DecodeGraph();

  /// Replays the step for `ids` (B, 1) at the current lengths of the same
  /// cache, whose capacity and rows must not have changed since the recording.
  /// The caller advances the cache. Returns logits (B, vocab_size) float32,
  /// which the next call overwrites.
  torch::Tensor run(const torch::Tensor& ids, const KvCache& cache);

 private:
  struct Recording;

  Decoder decoder_;
  /// The graph reads and writes its tensors.
  KvCache cache_;
  torch::Tensor ids_;
  torch::Tensor places_;
  torch::Tensor logits_;
  std::unique_ptr<Recording> recording_;
};

} // namespace microfiche::decoder
