#pragma once

#include "decoder/decoder.h"

#include <torch/torch.h>

namespace microfiche::decoder {

/// Three small layers, the first one dense.
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

/// A decoder with weights large enough that every part affects the output.
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
