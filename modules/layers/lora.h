#pragma once

#include <torch/types.h>

namespace microfiche::layers {

// Note [LoRA]
// LoRA leaves a weight W (out, in) unchanged and trains two small matrices
// beside it, A (r, in) and B (out, r): y = x W^T + scale * dropout(x) A^T B^T.
// B starts at zero, so the layer first computes what it did before. After
// training, scale * B A can be added to W; the layer then costs nothing extra.
//
// Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models",
// arXiv:2106.09685, section 4.1.

/// The LoRA matrices of a linear layer; see Note [LoRA].
struct Lora {
  /// (r, in).
  torch::Tensor a;
  /// (out, r).
  torch::Tensor b;
  double scale = 1;

  /// Dropout probability for x, [0, 1); only used while `training`.
  double dropout = 0;
  bool training = false;

  /// The term that LoRA adds to the layer's output.
  ///
  /// Shapes: x (..., in), returns (..., out) in the dtype of x.
  torch::Tensor forward(const torch::Tensor& x) const;
};

} // namespace microfiche::layers
