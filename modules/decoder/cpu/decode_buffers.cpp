#include "decoder/cpu/decode_buffers.h"

#include <algorithm>

namespace microfiche::decoder {

DecodeBuffers::DecodeBuffers(
    const DecodeSizes& sizes,
    const std::vector<RawDecoderLayer>& layers,
    int64_t vocab_size,
    int64_t num_rows) {
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
  const int64_t pair_bytes = sizes.routing.top_k * bytes;
  row_bytes_.heads = sizes.heads * sizes.head_dim * bytes;
  row_bytes_.width = sizes.width * bytes;
  row_bytes_.shared_inner = shared_inner * bytes;
  row_bytes_.pairs_inner = inner * pair_bytes;
  row_bytes_.pairs_width = sizes.width * pair_bytes;
  row_bytes_.logits = sizes.is_bf16 ? vocab_size * bytes : 0;
  num_experts_ = static_cast<int64_t>(num_experts);
  set_rows(num_rows);
}

void DecodeBuffers::set_rows(int64_t num_rows) {
  rows = num_rows;
  for (auto* buffer : {&q, &k, &v, &attended}) {
    buffer->resize(rows * row_bytes_.heads);
  }
  for (auto* buffer : {&x, &added, &routed}) {
    buffer->resize(rows * row_bytes_.width);
  }
  for (auto* buffer : {&shared_gate, &shared_up}) {
    buffer->resize(rows * row_bytes_.shared_inner);
  }
  for (auto* buffer : {&gate, &up}) {
    buffer->resize(rows * row_bytes_.pairs_inner);
  }
  expert_outputs.resize(rows * row_bytes_.pairs_width);
  router_logits.resize(rows * num_experts_);
  rounded_logits.resize(rows * row_bytes_.logits);
}

} // namespace microfiche::decoder
