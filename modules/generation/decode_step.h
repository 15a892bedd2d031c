#pragma once

#include "decoder/decode_graph.h"
#include "decoder/decoder.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>

namespace microfiche::generation {

/// One id a row after the other, over a cache that its owner may change between
/// two of them. On a GPU a cache that has stood still for some steps is decoded
/// by a `DecodeGraph`; recording one costs about as much as those steps.
class DecodeStep {
 public:
  explicit DecodeStep(decoder::Decoder decoder);

  /// Logits (B, vocab_size) float32 after `ids` (B, 1) int64, by which the
  /// cache becomes longer. They may be overwritten by the next call.
  torch::Tensor logits(const torch::Tensor& ids, decoder::KvCache& cache);

 private:
  decoder::DecodeGraph* graph_of(const decoder::KvCache& cache);

  decoder::Decoder decoder_;
  std::optional<decoder::DecodeGraph> graph_;
  /// Since the cache last changed; its keys then.
  int64_t steady_steps_ = 0;
  torch::Tensor keys_;
};

} // namespace microfiche::generation
