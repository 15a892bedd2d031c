#pragma once

#include "decoder/decoder.h"
#include "decoder/kv_cache.h"

#include <torch/types.h>

#include <memory>

namespace microfiche::decoder {

/// `Decoder::step` over one cache, recorded once as a CUDA graph: hundreds of
/// kernels of a few microseconds each start as one.
class DecodeGraph {
 public:
  /// Whether this build records graphs, and of this decoder; see
  /// `Decoder::is_recordable`.
  static bool is_supported(const DecoderImpl& decoder);

  /// Runs the step twice, once to warm up and once to record; both write at the
  /// cache's next positions and do not advance it. Throws `c10::Error` where
  /// `is_supported` says no.
  DecodeGraph(Decoder decoder, const KvCache& cache);
  ~DecodeGraph();

  /// Replays the step for `ids` (B, 1) at the lengths of the same cache, which
  /// since the recording was neither enlarged nor given other rows; the caller
  /// advances it. Returns logits (B, vocab_size) float32 that the next call
  /// overwrites.
  torch::Tensor run(const torch::Tensor& ids, const KvCache& cache);

 private:
  struct Recording;

  Decoder decoder_;
  /// Its tensors are those that the graph reads and writes.
  KvCache cache_;
  torch::Tensor ids_;
  torch::Tensor positions_;
  torch::Tensor logits_;
  std::unique_ptr<Recording> recording_;
};

} // namespace microfiche::decoder
