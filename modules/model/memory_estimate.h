#pragma once

#include "model/device.h"
#include "model/model_config.h"
#include "page/resolution_mode.h"

#include <cstdint>

namespace microfiche::model {

// Note [The memory of a run]
// What reading one page takes is the program with its libraries, the weights
// that are touched, the keys and values of the page, and the larger of what
// passes through the encoder and through the decoder's prefill. Weights are
// mapped where the file has them in the type in which the model computes, and
// then of the token embedding only the rows of the prompt are touched. Of the
// experts a page's positions choose all. Terms of activations follow
// encoder/sam_block.cpp and kernels/rel_pos_attention.cpp; the numbers in them
// were fitted to what is measured in docs/reading.md.

/// Bytes of main memory that reading one page takes.
struct MemoryEstimate {
  int64_t weights = 0;
  int64_t kv_cache = 0;
  int64_t activations = 0;

  int64_t total() const {
    return weights + kv_cache + activations;
  }
};

/// Bytes of the weights in these numbers, all tensors counted.
int64_t weights_bytes(const ModelConfig& config, const Placement& placement);

/// Bytes of the keys and values of one position, all layers counted.
int64_t kv_cache_bytes(const ModelConfig& config, const Placement& placement);

/// What a page of the shape of A4 takes on a CPU; see Note [The memory of a
/// run]. The program itself is not in it. `mapped` says whether the file holds
/// the weights that are not int8 in `placement.dtype`.
MemoryEstimate estimate_memory(
    const ModelConfig& config,
    const page::ResolutionMode& mode,
    const Placement& placement,
    bool mapped);

} // namespace microfiche::model
