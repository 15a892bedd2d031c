#include "kernels/linear.h"

#include "kernels/initialization.h"
#include "kernels/linear_few_rows.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <cmath>
#include <utility>

// M = rows of x.

namespace microfiche::kernels {
namespace {

// Above as many rows a matrix product that keeps tiles of the weight in the
// cache is quicker; int8 has to be converted for it first.
constexpr int64_t kFewRows = 8;
constexpr int64_t kFewRowsInt8 = 8;

// Weights below which a second thread takes longer to start than it saves.
constexpr int64_t kWeightsPerThread = 1 << 16;

void check_linear(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& scale) {
  TORCH_CHECK(
      weight.dim() == 2 && x.dim() >= 1 && x.size(-1) == weight.size(1),
      "linear: expected x of shape (..., ",
      weight.dim() == 2 ? weight.size(1) : 0,
      "), got ",
      x.sizes());
  TORCH_CHECK(
      scale.defined() == (weight.scalar_type() == torch::kInt8),
      "linear: an int8 weight has scales and no other, got a weight of ",
      weight.scalar_type(),
      scale.defined() ? " with" : " without",
      " scales");
}

bool has_few_rows(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias) {
  const bool needs_grad = torch::GradMode::is_enabled() &&
      (x.requires_grad() || weight.requires_grad());
  const bool is_int8 = weight.scalar_type() == torch::kInt8;
  return x.is_cpu() && weight.is_cpu() && !needs_grad && x.numel() > 0 &&
      (is_int8 || weight.scalar_type() == torch::kBFloat16) &&
      (x.scalar_type() == torch::kFloat32 ||
       x.scalar_type() == torch::kBFloat16) &&
      x.numel() / x.size(-1) <= (is_int8 ? kFewRowsInt8 : kFewRows) &&
      weight.is_contiguous() && (!bias.defined() || bias.is_contiguous());
}

torch::Tensor run_few_rows(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias,
    const torch::Tensor& scale) {
  const auto rows = x.contiguous();
  auto shape = x.sizes().vec();
  shape.back() = weight.size(0);
  auto y = torch::empty(shape, x.options());

  LinearFewRows product;
  product.x = rows.const_data_ptr();
  product.y = y.mutable_data_ptr();
  product.x_is_bf16 = x.scalar_type() == torch::kBFloat16;
  product.rows = x.numel() / x.size(-1);
  product.in = weight.size(1);
  product.out = weight.size(0);
  product.weight = weight.const_data_ptr();
  product.scale = scale.defined() ? scale.const_data_ptr<float>() : nullptr;
  const auto bias32 =
      bias.defined() ? bias.to(torch::kFloat32) : torch::Tensor();
  product.bias = bias.defined() ? bias32.const_data_ptr<float>() : nullptr;

  const int64_t grain = (kWeightsPerThread + product.in - 1) / product.in;
  at::parallel_for(0, product.out, grain, [&](int64_t begin, int64_t end) {
    linear_few_rows(product, begin, end);
  });
  return y;
}

} // namespace

torch::Tensor linear_reference(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias,
    const torch::Tensor& scale) {
  const auto typed = weight.to(x.scalar_type());
  const auto typed_bias = bias.defined() ? bias.to(x.scalar_type()) : bias;
  if (!scale.defined()) {
    return torch::linear(x, typed, typed_bias);
  }
  const auto y = torch::linear(x, typed) * scale.to(x.scalar_type());
  return bias.defined() ? y + typed_bias : y;
}

torch::Tensor linear(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias,
    const torch::Tensor& scale) {
  check_linear(x, weight, scale);
  return has_few_rows(x, weight, bias)
      ? run_few_rows(x, weight, bias, scale)
      : linear_reference(x, weight, bias, scale);
}

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
  if (!SkipInitialization::is_on()) {
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
  return linear(x, weight, bias, weight_scale);
}

void LinearImpl::quantize() {
  const torch::NoGradGuard no_grad;
  const auto exact = weight.detach().to(torch::kFloat32);
  auto scale = exact.abs().amax(/*dim=*/1) / 127;
  // A channel of zeros has any scale.
  scale.masked_fill_(scale == 0, 1.0);
  set_quantized((exact / scale.unsqueeze(1)).round_().to(torch::kInt8), scale);
}

void LinearImpl::set_quantized(torch::Tensor weight_, torch::Tensor scale_) {
  TORCH_CHECK(
      weight_.scalar_type() == torch::kInt8 &&
          scale_.scalar_type() == torch::kFloat32 &&
          weight_.sizes() == weight.sizes() && scale_.dim() == 1 &&
          scale_.size(0) == weight.size(0),
      "Linear: expected an int8 weight of shape ",
      weight.sizes(),
      " with as many float32 scales as rows, got ",
      weight_.sizes(),
      " and ",
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
  stream << "microfiche::kernels::Linear(" << options.in_features() << ", "
         << options.out_features()
         << ", bias=" << (options.bias() ? "true" : "false") << ")";
}

} // namespace microfiche::kernels
