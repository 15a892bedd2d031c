#pragma once

#include "model/device.h"
#include "model/model_config.h"
#include "page/resolution_mode.h"

#include <cstdint>

namespace microfiche::model {

// Note [The memory of a run]
// The memory for reading one page is the sum of: the program with its
// libraries, the weights, the KV cache, and the larger of the activations of
// the encoder and of the decoder's prefill. Weights are mapped if the file has
// them in the dtype of computation; the token embedding then needs memory for
// the prompt's rows only. A page uses all experts. The terms of activations
// follow encoder/sam_block.cpp and kernels/rel_pos_attention.cpp; their
// constants were fitted to measured peaks at the published sizes.

/// Main memory for reading one page, in bytes.
struct MemoryEstimate {
  int64_t weights = 0;
  int64_t kv_cache = 0;
  int64_t activations = 0;

  int64_t total() const {
    return weights + kv_cache + activations;
  }
};

/// Bytes of all weights in this dtype.
int64_t weights_bytes(const ModelConfig& config, const Placement& placement);

/// Bytes of the KV cache per position, for all layers.
int64_t kv_cache_bytes(const ModelConfig& config, const Placement& placement);

/// Estimates the memory for a page of the shape of A4 on a CPU, without the
/// program itself; see Note [The memory of a run]. `mapped`: the file has the
/// weights that are not quantized in `weights_dtype(placement)`.
MemoryEstimate estimate_memory(
    const ModelConfig& config,
    const page::ResolutionMode& mode,
    const Placement& placement,
    bool mapped);

} // namespace microfiche::model
