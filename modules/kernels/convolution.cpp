#include "kernels/convolution.h"

#include "kernels/gradient.h"
#include "kernels/initialization.h"
#include "kernels/linear.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>

// B = pages, C = channels, H x W = their grid, K = numbers under the kernel.

namespace microfiche::kernels {
namespace {

// Numbers of patches that are copied at a time, as many as stay in the cache.
constexpr int64_t kBandNumbers = 1 << 20;

bool is_product(const torch::Tensor& x, const torch::Tensor& weight) {
  const auto dtype = x.scalar_type();
  return x.is_cpu() && weight.is_cpu() && !needs_grad({x, weight}) &&
      x.numel() > 0 && weight.scalar_type() == dtype &&
      (dtype == torch::kFloat32 || dtype == torch::kBFloat16);
}

torch::Tensor multiply_patches(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias,
    int64_t stride,
    int64_t padding) {
  const int64_t side = weight.size(2);
  const auto padded =
      torch::constant_pad_nd(
          x.permute({0, 2, 3, 1}), {0, 0, padding, padding, padding, padding})
          .contiguous(); // (B, H, W, C)
  const auto kernel =
      weight.permute({0, 2, 3, 1}).reshape({weight.size(0), -1}); // (out, K)
  const int64_t width = padded.size(2);
  const int64_t channels = padded.size(3);
  const int64_t out_height = (padded.size(1) - side) / stride + 1;
  const int64_t out_width = (width - side) / stride + 1;
  auto y = torch::empty(
      {x.size(0), out_height, out_width, weight.size(0)}, x.options());

  const int64_t band =
      std::max<int64_t>(1, kBandNumbers / (out_width * kernel.size(1)));
  for (int64_t page = 0; page < x.size(0); ++page) {
    for (int64_t row = 0; row < out_height; row += band) {
      const int64_t rows = std::min(band, out_height - row);
      const auto patches =
          padded
              .as_strided(
                  {rows, out_width, side, side, channels},
                  {stride * width * channels,
                   stride * channels,
                   width * channels,
                   channels,
                   1},
                  page * padded.stride(0) + row * stride * width * channels)
              .reshape({rows * out_width, -1}); // (rows * W', K)
      linears(
          {{patches,
            kernel,
            bias,
            {},
            y[page].narrow(0, row, rows).view({-1, kernel.size(0)})}});
    }
  }
  return y.permute({0, 3, 1, 2});
}

} // namespace

torch::Tensor convolution_reference(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias,
    int64_t stride,
    int64_t padding) {
  return torch::conv2d(x, weight, bias, stride, padding);
}

torch::Tensor convolution(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias,
    int64_t stride,
    int64_t padding) {
  TORCH_CHECK(
      weight.dim() == 4 && weight.size(2) == weight.size(3) && x.dim() == 4 &&
          x.size(1) == weight.size(1),
      "convolution: expected x of shape (B, ",
      weight.dim() == 4 ? weight.size(1) : 0,
      ", H, W) and a square kernel, got ",
      x.sizes(),
      " and ",
      weight.sizes());
  return is_product(x, weight)
      ? multiply_patches(x, weight, bias, stride, padding)
      : convolution_reference(x, weight, bias, stride, padding);
}

ConvolutionImpl::ConvolutionImpl(ConvolutionOptions options_)
    : options(std::move(options_)) {
  reset();
}

void ConvolutionImpl::reset() {
  const int64_t side = options.kernel_size();
  weight = register_parameter(
      "weight",
      torch::empty(
          {options.out_channels(), options.in_channels(), side, side}));
  if (options.bias()) {
    bias = register_parameter("bias", torch::empty({options.out_channels()}));
  }
  if (!SkipInitialization::is_on()) {
    // As torch::nn::Conv2d does.
    torch::nn::init::kaiming_uniform_(weight, std::sqrt(5.0));
    if (options.bias()) {
      const double bound = 1 /
          std::sqrt(static_cast<double>(options.in_channels() * side * side));
      torch::nn::init::uniform_(bias, -bound, bound);
    }
  }
}

torch::Tensor ConvolutionImpl::forward(const torch::Tensor& x) {
  return convolution(x, weight, bias, options.stride(), options.padding());
}

void ConvolutionImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::kernels::Convolution(" << options.in_channels() << ", "
         << options.out_channels() << ", kernel_size=" << options.kernel_size()
         << ", stride=" << options.stride() << ", padding=" << options.padding()
         << ", bias=" << (options.bias() ? "true" : "false") << ")";
}

} // namespace microfiche::kernels
