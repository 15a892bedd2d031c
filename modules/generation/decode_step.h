#pragma once

#include "decoder/decode_graph.h"
#include "decoder/decode_team.h"
#include "decoder/decoder.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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

  /// Appends `ids[b]`, at least one, to row b and returns the logits after
  /// each of them, (ids, vocab_size) float32, row after row. The next call may
  /// overwrite them. `take_back` must follow.
  ///
  /// A `DecodeTeam` gives the bits of one id at a time. Otherwise it is one
  /// `Decoder::forward`, whose logits may differ in the last bits from those of
  /// `logits`. Needs `runs_blocks`.
  torch::Tensor block_logits(
      const std::vector<std::vector<int64_t>>& ids,
      decoder::KvCache& cache);

  /// Takes back the last ids of the last block: row b keeps `lengths[b]`
  /// positions.
  void take_back(const std::vector<int64_t>& lengths, decoder::KvCache& cache);

  /// Whether several ids per row can be appended to a cache and taken back.
  /// Without a `DecodeTeam`, a window does not give back what it dropped.
  bool runs_blocks(const decoder::KvCache& cache) const;

  /// Why drafts have no effect with this decoder; nothing if they have one. See
  /// `runs_blocks`.
  std::optional<std::string> unsupported_draft_reason() const;

  /// Why no `DecodeTeam` can decode over this cache; nothing if one can.
  std::optional<std::string> unsupported_reason(
      const decoder::KvCache& cache) const;

 private:
  decoder::DecodeTeam* team_of(const decoder::KvCache& cache);
  bool team_runs_blocks(const decoder::KvCache& cache) const;
  decoder::DecodeGraph* graph_of(const decoder::KvCache& cache);

  decoder::Decoder decoder_;
  std::optional<decoder::DecodeTeam> team_;
  /// Rows of the cache at the last check; 0 before the first.
  int64_t team_rows_ = 0;
  bool team_supported_ = false;
  /// Whether the team runs blocks; nothing before the first.
  mutable std::optional<bool> team_runs_blocks_;
  std::optional<decoder::DecodeGraph> graph_;
  /// Steps since the cache's tensors last changed, and its keys then.
  int64_t steady_steps_ = 0;
  torch::Tensor keys_;
};

} // namespace microfiche::generation
