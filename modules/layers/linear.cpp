#include "layers/linear.h"

#include "kernels/int4.h"
#include "kernels/linear.h"
#include "layers/skip_init.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace microfiche::layers {
namespace {

// Channels that `quantize` rounds at a time.
constexpr int64_t kChannelsPerBlock = 64;

} // namespace

LinearImpl::LinearImpl(torch::nn::LinearOptions options_)
    : options(std::move(options_)) {
  reset();
}

void LinearImpl::reset() {
  weight = register_parameter(
      "weight", torch::empty({options.out_features(), options.in_features()}));
  if (options.bias()) {
    bias = register_parameter("bias", torch::empty({options.out_features()}));
  }
  if (!SkipInitGuard::is_active()) {
    // As torch::nn::Linear does.
    torch::nn::init::kaiming_uniform_(weight, std::sqrt(5.0));
    if (options.bias()) {
      const double bound =
          1 / std::sqrt(static_cast<double>(options.in_features()));
      torch::nn::init::uniform_(bias, -bound, bound);
    }
  }
}

torch::Tensor LinearImpl::forward(const torch::Tensor& x) {
  const auto y = kernels::linear(x, weight, bias, weight_scale);
  return lora_ == nullptr ? y : y + lora_->forward(x);
}

std::vector<torch::Tensor> forward_all(
    const std::vector<Linear>& layers,
    const torch::Tensor& x) {
  std::vector<kernels::LinearCall> calls;
  for (const auto& layer : layers) {
    calls.push_back({x, layer->weight, layer->bias, layer->weight_scale});
  }
  auto outputs = kernels::grouped_linear(calls);
  for (size_t i = 0; i < layers.size(); ++i) {
    if (layers[i]->lora() != nullptr) {
      outputs[i] = outputs[i] + layers[i]->lora()->forward(x);
    }
  }
  return outputs;
}

void LinearImpl::train(bool on) {
  Module::train(on);
  if (lora_ != nullptr) {
    lora_->training = on;
  }
}

void LinearImpl::add_lora(int64_t rank, double scale, double dropout) {
  TORCH_CHECK(
      lora_ == nullptr,
      "Linear: the layer already has LoRA matrices; merge them first");
  TORCH_CHECK_VALUE(
      rank >= 1 && dropout >= 0 && dropout < 1,
      "Linear: expected a rank of at least 1 and a dropout in [0, 1), got ",
      rank,
      " and ",
      dropout);
  // LoRA matrices of a quantized weight are trained in float32.
  const auto like =
      torch::TensorOptions()
          .device(weight.device())
          .dtype(is_quantized() ? torch::kFloat32 : weight.scalar_type());
  auto a = torch::empty({rank, options.in_features()});
  torch::nn::init::kaiming_uniform_(a, std::sqrt(5.0));
  lora_ = std::make_shared<Lora>();
  lora_->a = register_parameter("lora_A", a.to(like));
  lora_->b = register_parameter(
      "lora_B", torch::zeros({options.out_features(), rank}, like));
  lora_->scale = scale;
  lora_->dropout = dropout;
  lora_->training = is_training();
}

void LinearImpl::merge_lora() {
  if (lora_ == nullptr) {
    return;
  }
  TORCH_CHECK(
      !is_quantized(),
      "Linear: LoRA cannot be merged into an int8 or int4 weight; merge it into "
      "the weight that was quantized");
  const torch::NoGradGuard no_grad;
  const auto added = lora_->b.to(torch::kFloat32)
                         .matmul(lora_->a.to(torch::kFloat32))
                         .mul_(lora_->scale);
  // In place, because the weight may be a view of a larger tensor.
  weight.copy_(added.add_(weight.to(torch::kFloat32)));
  parameters_.erase("lora_A");
  parameters_.erase("lora_B");
  lora_.reset();
}

void LinearImpl::quantize() {
  const torch::NoGradGuard no_grad;
  const int64_t channels = weight.size(0);
  auto rounded = torch::empty_like(weight, torch::kInt8);
  auto scale =
      torch::empty({channels}, weight.options().dtype(torch::kFloat32));
  // A few channels at a time: large intermediate tensors fragment the heap by
  // more than the size of the weights.
  for (int64_t begin = 0; begin < channels; begin += kChannelsPerBlock) {
    const int64_t count = std::min(kChannelsPerBlock, channels - begin);
    const auto exact =
        weight.detach().narrow(0, begin, count).to(torch::kFloat32);
    const auto block_scale = exact.abs().amax(/*dim=*/1).div_(127);
    // A channel of zeros can have any scale.
    block_scale.masked_fill_(block_scale == 0, 1.0);
    rounded.narrow(0, begin, count)
        .copy_((exact / block_scale.unsqueeze(1)).round_());
    scale.narrow(0, begin, count).copy_(block_scale);
  }
  set_quantized(rounded, scale);
}

void LinearImpl::quantize_int4(int64_t group, bool zero_points) {
  const torch::NoGradGuard no_grad;
  const auto rounded = kernels::quantize_int4(weight, group, zero_points);
  set_quantized(rounded.packed, rounded.scale);
}

void LinearImpl::set_quantized(torch::Tensor weight_, torch::Tensor scale_) {
  const int64_t in = options.in_features();
  const int64_t out = options.out_features();
  const bool is_int8 = weight_.scalar_type() == torch::kInt8 &&
      scale_.scalar_type() == torch::kFloat32 && scale_.dim() == 1 &&
      scale_.size(0) == out;
  TORCH_CHECK(
      weight_.dim() == 2 && weight_.size(0) == out &&
          kernels::input_width(weight_) == in &&
          (is_int8 ||
           (kernels::is_int4(weight_) && kernels::fits_int4(scale_, out, in))),
      "Linear: expected an int8 or int4 weight of ",
      out,
      " channels of ",
      in,
      " inputs and its scales, got ",
      weight_.scalar_type(),
      " of shape ",
      weight_.sizes(),
      " and scales of shape ",
      scale_.sizes());
  weight.requires_grad_(false);
  weight.set_data(weight_);
  if (weight_scale.defined()) {
    weight_scale.set_data(scale_);
  } else {
    weight_scale = register_buffer("weight_scale", std::move(scale_));
  }
}

void LinearImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::layers::Linear(" << options.in_features() << ", "
         << options.out_features()
         << ", bias=" << (options.bias() ? "true" : "false") << ")";
}

} // namespace microfiche::layers
