#include "decoder/cpu/decode_buffers.h"

#include <algorithm>

namespace microfiche::decoder {

DecodeBuffers::DecodeBuffers(
    const DecodeSizes& sizes,
    const std::vector<RawDecoderLayer>& layers,
    int64_t vocab_size,
    int64_t num_rows)
    : rows(num_rows) {
  int64_t shared_inner = 0;
  int64_t inner = 0;
  size_t num_experts = 0;
  for (const auto& layer : layers) {
    num_experts = std::max(num_experts, layer.experts.size());
    if (layer.shared) {
      shared_inner = std::max(shared_inner, layer.shared->gate.out);
    }
    if (!layer.experts.empty()) {
      inner = std::max(inner, layer.experts[0].gate.out);
    }
  }
  const int64_t bytes = sizes.element_size();
  const int64_t num_pairs = rows * sizes.routing.top_k;
  for (auto* buffer : {&q, &k, &v, &attended}) {
    buffer->resize(rows * sizes.heads * sizes.head_dim * bytes);
  }
  for (auto* buffer : {&x, &added, &routed}) {
    buffer->resize(rows * sizes.width * bytes);
  }
  for (auto* buffer : {&shared_gate, &shared_up}) {
    buffer->resize(rows * shared_inner * bytes);
  }
  for (auto* buffer : {&gate, &up}) {
    buffer->resize(num_pairs * inner * bytes);
  }
  expert_outputs.resize(num_pairs * sizes.width * bytes);
  router_logits.resize(rows * num_experts);
  rounded_logits.resize(sizes.is_bf16 ? rows * vocab_size * bytes : 0);
}

} // namespace microfiche::decoder
