#pragma once

#include <torch/arg.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <ostream>

namespace microfiche::layers {

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

  /// Rows and columns of zeros on each side of the image.
  TORCH_ARG(int64_t, padding) = 0;

  TORCH_ARG(bool, bias) = true;
};

/// A convolution that starts like `torch::nn::Conv2d`; see
/// `kernels::convolution` for what it computes.
class ConvolutionImpl : public torch::nn::Cloneable<ConvolutionImpl> {
 public:
  explicit ConvolutionImpl(ConvolutionOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes as in `kernels::convolution`.
  torch::Tensor forward(const torch::Tensor& x);

  /// The options with which this module was constructed.
  ConvolutionOptions options;

  /// (out, in, side, side).
  torch::Tensor weight;
  /// (out), undefined without a bias.
  torch::Tensor bias;
};

TORCH_MODULE(Convolution);

} // namespace microfiche::layers
