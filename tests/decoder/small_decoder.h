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

/// Rounds the linear layers to `bits`, 8 or 4, whose inputs are then whole
/// groups of 32; does nothing for 16.
inline void quantize(Decoder& decoder, int bits) {
  for (const auto& module : decoder->modules()) {
    auto* linear = module->as<layers::Linear>();
    if (linear != nullptr && bits == 8) {
      linear->quantize();
    } else if (linear != nullptr && bits == 4) {
      linear->quantize_int4(/*group=*/32, /*zero_points=*/false);
    }
  }
}

} // namespace microfiche::decoder
