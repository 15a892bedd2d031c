#pragma once

#include <torch/types.h>

#include <algorithm>
#include <initializer_list>

namespace microfiche::kernels {

/// Whether a gradient is asked for, which kernels of our own do not give.
inline bool needs_grad(std::initializer_list<torch::Tensor> tensors) {
  return torch::GradMode::is_enabled() &&
      std::any_of(
             tensors.begin(), tensors.end(), [](const torch::Tensor& tensor) {
               return tensor.requires_grad();
             });
}

} // namespace microfiche::kernels
