#pragma once

#include "decoder/decoder.h"

#include <torch/torch.h>

namespace microfiche::decoder {

/// Three layers, the first dense, of a width that tests can afford.
inline DecoderOptions small_options() {
  return DecoderOptions()
      .vocab_size(40)
      .width(32)
      .layers(3)
      .heads(4)
      .kv_heads(4)
      .intermediate_width(48)
      .moe_intermediate_width(16)
      .num_experts(6)
      .top_k(2);
}

/// With weights large enough for every part to matter to the output.
inline Decoder make_decoder(const DecoderOptions& options = small_options()) {
  torch::manual_seed(0);
  Decoder decoder(options);
  const torch::NoGradGuard no_grad;
  for (auto& parameter : decoder->parameters()) {
    parameter.normal_(0, 0.3);
  }
  decoder->eval();
  return decoder;
}

} // namespace microfiche::decoder
