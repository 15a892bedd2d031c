#pragma once

#include "decoder/cpu/top_k_routing.h"
#include "kernels/cpu/linear.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace microfiche::decoder {

/// A weight in raw memory, as in `kernels::LinearProduct`.
struct RawWeight {
  const void* data = nullptr;
  kernels::WeightType type = kernels::WeightType::kBFloat16;
  const float* scale = nullptr;
  kernels::Int4Groups groups = {};
  int64_t in = 0;
  int64_t out = 0;
};

/// down(silu(gate(x)) * up(x)).
struct RawGatedMlp {
  RawWeight gate;
  RawWeight up;
  RawWeight down;
};

/// A layer's weights. Norms have the type of the activations.
struct RawDecoderLayer {
  const void* attention_norm = nullptr;
  RawWeight q;
  RawWeight k;
  RawWeight v;
  RawWeight o;
  const void* mlp_norm = nullptr;

  /// Runs on every token: the dense mlp, or the shared experts if any.
  std::optional<RawGatedMlp> shared;

  /// The routed experts; empty in a dense layer.
  std::vector<RawGatedMlp> experts;
  RawWeight router;
};

/// The sizes that all layers of a decoder share.
struct DecodeSizes {
  /// Activations, norms, angles and the cache are bfloat16, or all float32.
  bool is_bf16 = false;
  int64_t width = 0;
  int64_t heads = 0;
  int64_t head_dim = 0;
  float norm_eps = 0;
  TopKRouting routing;

  /// Bytes per activation.
  int64_t element_size() const {
    return is_bf16 ? 2 : 4;
  }
};

/// A new position; see Note [Attention windows].
struct RawPosition {
  /// The row of the cache.
  int64_t row = 0;
  /// Selects the rotary angles.
  int64_t position = 0;
  /// Where its key and value are written.
  int64_t slot = 0;
  /// It sees the first `keys` slots, its own among them.
  int64_t keys = 0;
};

/// A layer's keys and values, (rows, capacity, heads, head_dim) contiguous, and
/// the rotary angles of all positions, (positions, head_dim / 2).
struct RawCache {
  void* keys = nullptr;
  void* values = nullptr;
  int64_t capacity = 0;
  /// The new positions, one per row of the buffers, those of a row of the cache
  /// side by side and in their order.
  const RawPosition* positions = nullptr;
  /// The first position of each row of the cache that has some, and the end.
  const std::vector<int64_t>* groups = nullptr;
  /// With a window, where the keys and values that the new positions replace
  /// are kept, (positions, heads, head_dim) each; else null.
  void* replaced_keys = nullptr;
  void* replaced_values = nullptr;
  const void* cos = nullptr;
  const void* sin = nullptr;
};

} // namespace microfiche::decoder
