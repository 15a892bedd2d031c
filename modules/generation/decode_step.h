#pragma once

#include "decoder/decode_graph.h"
#include "decoder/decode_team.h"
#include "decoder/decoder.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace microfiche::generation {

/// Decodes one id per row and step over a cache that the caller may change
/// between steps.
///
/// Uses the fastest path that supports the model and the cache: on a CPU a
/// `DecodeTeam`; on a GPU a `DecodeGraph`, once the cache's tensors have stayed
/// the same for 8 steps, because recording a graph costs about that much;
/// otherwise `Decoder::forward`.
class DecodeStep {
 public:
  /// The weights must not move in memory while this object exists.
  explicit DecodeStep(decoder::Decoder decoder);

  /// Appends `ids` (B, 1) int64 to the cache and returns the logits
  /// (B, vocab_size) float32 after them. The next call may overwrite them.
  torch::Tensor logits(const torch::Tensor& ids, decoder::KvCache& cache);

  /// Why no `DecodeTeam` can decode over this cache; nothing if one can.
  std::optional<std::string> unsupported_reason(
      const decoder::KvCache& cache) const;

 private:
  decoder::DecodeTeam* team_of(const decoder::KvCache& cache);
  decoder::DecodeGraph* graph_of(const decoder::KvCache& cache);

  decoder::Decoder decoder_;
  std::optional<decoder::DecodeTeam> team_;
  /// Rows of the cache at the last check; 0 before the first.
  int64_t team_rows_ = 0;
  bool team_supported_ = false;
  std::optional<decoder::DecodeGraph> graph_;
  /// Steps since the cache's tensors last changed, and its keys then.
  int64_t steady_steps_ = 0;
  torch::Tensor keys_;
};

} // namespace microfiche::generation
