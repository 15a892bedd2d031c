#include "decoder/decoder_layer.h"

#include <utility>

namespace microfiche::decoder {

DecoderLayerImpl::DecoderLayerImpl(DecoderLayerOptions options_)
    : options(std::move(options_)) {
  reset();
}

void DecoderLayerImpl::reset() {
  TORCH_CHECK_VALUE(
      options.dense().has_value() != options.moe().has_value(),
      "DecoderLayer: expected either dense or moe options, got ",
      options.dense().has_value() ? "both" : "neither");

  const auto norm = layers::RmsNormOptions(options.attention().width())
                        .eps(options.attention().norm_eps());
  attention_norm = register_module("attention_norm", layers::RmsNorm(norm));
  attention = register_module("attention", Attention(options.attention()));
  mlp_norm = register_module("mlp_norm", layers::RmsNorm(norm));
  if (options.dense()) {
    dense = register_module("mlp", layers::GatedMlp(*options.dense()));
  } else {
    moe = register_module("mlp", MixtureOfExperts(*options.moe()));
  }
}

torch::Tensor DecoderLayerImpl::forward(
    const torch::Tensor& x,
    const AttentionContext& context,
    KvCache* cache,
    int64_t layer,
    LayerProbe* probe) {
  const auto attended = x +
      attention->forward(
          attention_norm->forward(x), context, cache, layer, probe);
  const auto normed = mlp_norm->forward(attended);
  const auto y = attended +
      (dense.is_empty() ? moe->forward(normed) : dense->forward(normed));
  if (probe != nullptr) {
    probe->output = y;
  }
  return y;
}

void DecoderLayerImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::decoder::DecoderLayer("
         << (options.dense() ? "dense" : "moe") << ")";
}

} // namespace microfiche::decoder
