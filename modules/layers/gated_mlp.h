#pragma once

#include "kernels/moe_dispatch.h"
#include "layers/linear.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>

namespace microfiche::layers {

/// Options for `GatedMlp`.
struct GatedMlpOptions {
  GatedMlpOptions(int64_t width, int64_t inner_width)
      : width_(width), inner_width_(inner_width) {}

  /// Channels of the input and of the output.
  TORCH_ARG(int64_t, width);

  /// Channels between the two layers.
  TORCH_ARG(int64_t, inner_width);
};

/// down(silu(gate(x)) * up(x)), without biases.
///
/// Source: Shazeer, "GLU Variants Improve Transformer", arXiv:2002.05202.
class GatedMlpImpl : public torch::nn::Cloneable<GatedMlpImpl> {
 public:
  explicit GatedMlpImpl(GatedMlpOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: x (..., width), returns (..., width).
  torch::Tensor forward(const torch::Tensor& x);

  /// The weights without LoRA, for `kernels::moe_dispatch`.
  kernels::ExpertWeights weights() const;

  /// Whether one of the three has LoRA matrices.
  bool has_lora() const;

  /// The options with which this module was constructed.
  GatedMlpOptions options;

  Linear gate_proj{nullptr};
  Linear up_proj{nullptr};
  Linear down_proj{nullptr};
};

TORCH_MODULE(GatedMlp);

} // namespace microfiche::layers
