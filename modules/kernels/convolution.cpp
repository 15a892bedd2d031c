#include "kernels/convolution.h"

#include "kernels/gradient.h"
#include "kernels/linear.h"
#include "kernels/reference_kernels.h"

#include <torch/torch.h>

#include <algorithm>

// B = images, C = channels, H x W = pixels, K = C * side * side.

namespace microfiche::kernels {
namespace {

// Elements of the patches that are copied at a time; they stay in the cache.
constexpr int64_t kBandElements = 1 << 20;

bool can_multiply_patches(const torch::Tensor& x, const torch::Tensor& weight) {
  static const bool enabled = !runs_reference("convolution");
  const auto dtype = x.scalar_type();
  return enabled && x.is_cpu() && weight.is_cpu() && !needs_grad({x, weight}) &&
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
      std::max<int64_t>(1, kBandElements / (out_width * kernel.size(1)));
  for (int64_t image = 0; image < x.size(0); ++image) {
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
                  image * padded.stride(0) + row * stride * width * channels)
              .reshape({rows * out_width, -1}); // (rows * W', K)
      grouped_linear(
          {{patches,
            kernel,
            bias,
            {},
            y[image].narrow(0, row, rows).view({-1, kernel.size(0)})}});
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
  return can_multiply_patches(x, weight)
      ? multiply_patches(x, weight, bias, stride, padding)
      : convolution_reference(x, weight, bias, stride, padding);
}

} // namespace microfiche::kernels
