#pragma once

#include "decoder/cpu/decode_thread.h"

namespace microfiche::decoder {

/// Adds the second half of a layer to `x`: the dense mlp, or the shared experts
/// and those that the router chooses for each row. Reads `scratch.normed`, and
/// ends with a barrier.
void run_decoder_experts(const RawDecoderLayer& layer, DecodeThread& thread);

} // namespace microfiche::decoder
