#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <ostream>

namespace microfiche::layers {

/// Options for `RmsNorm`.
struct RmsNormOptions {
  /* implicit */ RmsNormOptions(int64_t width) : width_(width) {}

  /// Channels of the last dimension.
  TORCH_ARG(int64_t, width);

  TORCH_ARG(double, eps) = 1e-6;
};

/// Root-mean-square normalisation with a learned scale that starts at one; see
/// `kernels::rms_norm`.
class RmsNormImpl : public torch::nn::Cloneable<RmsNormImpl> {
 public:
  explicit RmsNormImpl(RmsNormOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: x (..., width), returns (..., width) in the dtype of x.
  torch::Tensor forward(const torch::Tensor& x);

  /// The options with which this module was constructed.
  RmsNormOptions options;

  torch::Tensor weight;
};

TORCH_MODULE(RmsNorm);

} // namespace microfiche::layers
