#include "layers/gated_mlp.h"

#include <utility>

namespace microfiche::layers {

GatedMlpImpl::GatedMlpImpl(GatedMlpOptions options_)
    : options(std::move(options_)) {
  reset();
}

void GatedMlpImpl::reset() {
  TORCH_CHECK_VALUE(
      options.width() >= 1 && options.inner_width() >= 1,
      "GatedMlp: width and inner_width must be at least 1, got ",
      options.width(),
      " and ",
      options.inner_width());

  const auto linear = [](int64_t in, int64_t out) {
    return Linear(torch::nn::LinearOptions(in, out).bias(false));
  };
  const int64_t inner = options.inner_width();
  gate_proj = register_module("gate_proj", linear(options.width(), inner));
  up_proj = register_module("up_proj", linear(options.width(), inner));
  down_proj = register_module("down_proj", linear(inner, options.width()));
}

torch::Tensor GatedMlpImpl::forward(const torch::Tensor& x) {
  const auto inner = forward_all({gate_proj, up_proj}, x);
  return down_proj->forward(torch::silu(inner[0]) * inner[1]);
}

kernels::ExpertWeights GatedMlpImpl::weights() const {
  return {
      gate_proj->weight,
      up_proj->weight,
      down_proj->weight,
      gate_proj->weight_scale,
      up_proj->weight_scale,
      down_proj->weight_scale};
}

bool GatedMlpImpl::has_lora() const {
  return gate_proj->lora() != nullptr || up_proj->lora() != nullptr ||
      down_proj->lora() != nullptr;
}

void GatedMlpImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::layers::GatedMlp(" << options.width() << ", "
         << options.inner_width() << ")";
}

} // namespace microfiche::layers
