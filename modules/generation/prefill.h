#pragma once

// Only for the sources of this module.

#include "decoder/decoder.h"
#include "generation/generate.h"

#include <torch/types.h>

#include <cstdint>
#include <span>

namespace microfiche::generation {

/// Prompts that the decoder has seen.
struct Prefill {
  decoder::KvCache cache;
  /// After each prompt, (B, vocab_size) float32.
  torch::Tensor logits;
};

/// Runs the decoder over the prompts of at least one request. The cache has
/// room for `new_slots` more positions per row, with a window for no more than
/// it holds.
Prefill prefill_prompts(
    decoder::Decoder& decoder,
    std::span<const GenerationRequest> requests,
    int64_t new_slots);

} // namespace microfiche::generation
