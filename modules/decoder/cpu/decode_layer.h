#pragma once

#include "decoder/cpu/decode_buffers.h"
#include "decoder/cpu/raw_layer.h"
#include "kernels/cpu/thread_team.h"

namespace microfiche::decoder {

// Note [One parallel region per step]
// A decoding step reads every weight that it needs once, and memory is idle
// between two matrix products. So one thread team runs all layers of a step,
// phase by phase. What takes a microsecond, a norm or the choice of experts,
// every thread computes for itself, because that is faster than a barrier.
//
// The parts are the kernels that `Decoder::forward` runs with LibTorch's
// threads, so the results are the same.

/// Adds one layer to `buffers.x`, and the new positions' keys and values to the
/// cache. All threads of a team call it with the same arguments except
/// `scratch`. Ends with a barrier.
void run_decoder_layer(
    const RawDecoderLayer& layer,
    const DecodeSizes& sizes,
    const RawCache& cache,
    DecodeBuffers& buffers,
    DecodeScratch& scratch,
    kernels::TeamMember& team);

/// Writes the logits (rows, head.out) of the normed `x`. All threads of a team
/// call it. Ends with a barrier.
void run_decoder_head(
    const void* norm,
    const RawWeight& head,
    const DecodeSizes& sizes,
    DecodeBuffers& buffers,
    DecodeScratch& scratch,
    float* logits,
    kernels::TeamMember& team);

} // namespace microfiche::decoder
