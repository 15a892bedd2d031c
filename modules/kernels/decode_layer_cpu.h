#pragma once

#include "kernels/aligned_bytes.h"
#include "kernels/choose_experts.h"
#include "kernels/expert_pairs.h"
#include "kernels/linear_cpu.h"
#include "kernels/thread_team.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace microfiche::kernels {

// Note [One start of threads a step]
// A decoding step reads every weight that it needs once, and whatever lies
// between two products is time in which memory stands still. So a team starts
// once a step and goes through the layers together, phase by phase. What takes
// a microsecond, a norm or the choice of experts, every member does by itself,
// which is quicker than meeting once more.
//
// The pieces are the kernels that other ways run with LibTorch's threads, so
// the numbers are the same.

/// A weight in raw memory, as in `LinearProduct`.
struct RawWeight {
  const void* data = nullptr;
  WeightType type = WeightType::kBFloat16;
  const float* scale = nullptr;
  int64_t in = 0;
  int64_t out = 0;
};

/// down(silu(gate(x)) * up(x)).
struct RawGatedMlp {
  RawWeight gate;
  RawWeight up;
  RawWeight down;
};

/// A layer's weights; norms are in the type of the activations.
struct RawDecoderLayer {
  const void* attention_norm = nullptr;
  RawWeight q;
  RawWeight k;
  RawWeight v;
  RawWeight o;
  const void* mlp_norm = nullptr;

  /// What every token goes to: the dense mlp, or the shared experts if any.
  std::optional<RawGatedMlp> shared;

  /// None in a dense layer.
  std::vector<RawGatedMlp> experts;
  RawWeight router;
};

/// What the layers of a decoder have in common.
struct DecodeSizes {
  /// Activations, norms, angles and the cache are bfloat16, or all float32.
  bool is_bf16 = false;
  int64_t width = 0;
  int64_t heads = 0;
  int64_t head_dim = 0;
  float norm_eps = 0;
  ExpertChoice choice;

  int64_t number_bytes() const {
    return is_bf16 ? 2 : 4;
  }
};

/// A layer's keys and values, (rows, capacity, heads, head_dim) contiguous, and
/// the angles of all positions, (capacity, head_dim / 2).
struct RawCache {
  void* keys = nullptr;
  void* values = nullptr;
  int64_t capacity = 0;
  /// Of each row, where its new position is written and up to which it sees.
  const int64_t* positions = nullptr;
  const void* cos = nullptr;
  const void* sin = nullptr;
};

/// What the members of a team share.
struct DecodeBuffers {
  int64_t rows = 0;

  /// What layers add to, (rows, width).
  AlignedBytes x;

  /// (rows, heads * head_dim).
  AlignedBytes q, k, v, attended;

  /// What is added next, (rows, width).
  AlignedBytes added, routed;

  /// (rows, inner width) of the shared experts, and (pairs, inner width) of the
  /// routed ones.
  AlignedBytes shared_gate, shared_up, gate, up;

  /// (pairs, width).
  AlignedBytes answers;

  /// (rows, experts).
  std::vector<float> router_logits;

  /// (rows, vocabulary) in bfloat16, where activations are.
  AlignedBytes rounded_logits;
};

/// What a member needs for itself.
struct DecodeScratch {
  AlignedBytes normed;
  std::vector<float> normed32;
  AlignedBytes gathered;
  std::vector<float> router_logits;
  std::vector<int64_t> expert_ids;
  std::vector<float> expert_weights;
  ExpertPairs pairs;
};

DecodeBuffers make_decode_buffers(
    const DecodeSizes& sizes,
    const std::vector<RawDecoderLayer>& layers,
    int64_t vocab_size,
    int64_t rows);

/// Adds one layer to `buffers.x`, and the new positions' keys and values to the
/// cache. All members of a team call it with the same arguments but for their
/// own scratch; they have met when it returns.
void run_decoder_layer(
    const RawDecoderLayer& layer,
    const DecodeSizes& sizes,
    const RawCache& cache,
    DecodeBuffers& buffers,
    DecodeScratch& scratch,
    TeamMember& member);

/// What comes after the layers: logits (rows, head.out) of the normed `x`. All
/// members call it, and have met when it returns.
void run_decoder_head(
    const void* norm,
    const RawWeight& head,
    const DecodeSizes& sizes,
    DecodeBuffers& buffers,
    DecodeScratch& scratch,
    float* logits,
    TeamMember& member);

} // namespace microfiche::kernels
