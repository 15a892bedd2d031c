#pragma once

#include "decoder/decode_graph.h"
#include "decoder/decode_team.h"
#include "decoder/decoder.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace microfiche::generation {

/// One id a row after the other, over a cache that its owner may change between
/// two of them. On a CPU a `DecodeTeam` runs what it can. On a GPU a cache that
/// has stood still for some steps is decoded by a `DecodeGraph`; recording one
/// costs about as much as those steps. All else is `Decoder::forward`.
class DecodeStep {
 public:
  /// The weights stay where they are as long as the step lives.
  explicit DecodeStep(decoder::Decoder decoder);

  /// Logits (B, vocab_size) float32 after `ids` (B, 1) int64, by which the
  /// cache becomes longer. They may be overwritten by the next call.
  torch::Tensor logits(const torch::Tensor& ids, decoder::KvCache& cache);

  /// Why no team runs steps over this cache, in words; none if one does.
  std::optional<std::string> why_no_team(const decoder::KvCache& cache) const;

 private:
  decoder::DecodeTeam* team_of(const decoder::KvCache& cache);
  decoder::DecodeGraph* graph_of(const decoder::KvCache& cache);

  decoder::Decoder decoder_;
  std::optional<decoder::DecodeTeam> team_;
  /// For how many rows a team was last asked for; 0 before.
  int64_t team_rows_ = 0;
  bool team_can_ = false;
  std::optional<decoder::DecodeGraph> graph_;
  /// Since the cache last changed; its keys then.
  int64_t steady_steps_ = 0;
  torch::Tensor keys_;
};

} // namespace microfiche::generation
