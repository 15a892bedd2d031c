#pragma once

#include <torch/arg.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <ostream>

namespace microfiche::kernels {

/// Convolves pages with a square kernel.
///
/// Shapes: x (B, C, H, W), weight (out, C, side, side), bias (out) or
/// undefined; returns (B, out, H', W') with H' = (H + 2 padding - side) /
/// stride + 1.
///
/// On a CPU, without gradients, float32 and bfloat16 are a `linear` of the
/// patches under the kernel: oneDNN divides its sums by the number of threads,
/// ours do not depend on it. Everything else is `convolution_reference`.
torch::Tensor convolution(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias,
    int64_t stride,
    int64_t padding);

/// What `convolution` means, in ATen's operation.
torch::Tensor convolution_reference(
    const torch::Tensor& x,
    const torch::Tensor& weight,
    const torch::Tensor& bias,
    int64_t stride,
    int64_t padding);

/// Options for `Convolution`.
struct ConvolutionOptions {
  ConvolutionOptions(
      int64_t in_channels,
      int64_t out_channels,
      int64_t kernel_size)
      : in_channels_(in_channels),
        out_channels_(out_channels),
        kernel_size_(kernel_size) {}

  TORCH_ARG(int64_t, in_channels);
  TORCH_ARG(int64_t, out_channels);

  /// Side of the square kernel.
  TORCH_ARG(int64_t, kernel_size);

  TORCH_ARG(int64_t, stride) = 1;

  /// Zeros on each side of the page.
  TORCH_ARG(int64_t, padding) = 0;

  TORCH_ARG(bool, bias) = true;
};

/// A layer that starts like `torch::nn::Conv2d`.
class ConvolutionImpl : public torch::nn::Cloneable<ConvolutionImpl> {
 public:
  explicit ConvolutionImpl(ConvolutionOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes as in `convolution`.
  torch::Tensor forward(const torch::Tensor& x);

  /// The options with which this module was constructed.
  ConvolutionOptions options;

  /// (out, in, side, side).
  torch::Tensor weight;
  /// (out), undefined without a bias.
  torch::Tensor bias;
};

TORCH_MODULE(Convolution);

} // namespace microfiche::kernels
