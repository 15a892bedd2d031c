#pragma once

#include "layers/linear.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>

namespace microfiche::encoder {

/// The activation of a `FeedForward`.
enum class Activation {
  /// x * Phi(x), computed with the error function.
  kGelu,
  /// x * sigmoid(1.702 x), CLIP's approximation of GELU.
  kQuickGelu,
};

/// Options for `FeedForward`.
struct FeedForwardOptions {
  FeedForwardOptions(int64_t width, int64_t inner_width)
      : width_(width), inner_width_(inner_width) {}

  /// Channels of the input and of the output.
  TORCH_ARG(int64_t, width);

  /// Channels between the two layers.
  TORCH_ARG(int64_t, inner_width);

  TORCH_ARG(Activation, activation) = Activation::kGelu;
};

/// Two linear layers with an activation between them.
///
/// Shapes: x (..., width), returns (..., width).
class FeedForwardImpl : public torch::nn::Cloneable<FeedForwardImpl> {
 public:
  explicit FeedForwardImpl(FeedForwardOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  torch::Tensor forward(const torch::Tensor& x);

  /// The options with which this module was constructed.
  FeedForwardOptions options;

  layers::Linear expand{nullptr};
  layers::Linear contract{nullptr};
};

TORCH_MODULE(FeedForward);

} // namespace microfiche::encoder
