#pragma once

#include "kernels/decode_member.h"

namespace microfiche::kernels {

/// What a layer adds to `x` behind its second norm, which is in `normed`: the
/// dense mlp, or the shared experts and those that the router chooses for each
/// row. Members have met when it returns.
void run_decoder_experts(const RawDecoderLayer& layer, DecodeMember& member);

} // namespace microfiche::kernels
