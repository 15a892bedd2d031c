#pragma once

#include <torch/types.h>

#include <algorithm>
#include <initializer_list>

namespace microfiche::kernels {

/// As long as one lives, `needs_grad` says yes on its thread: gradients will be
/// asked for of what is computed now, by computing it again.
class PlannedGradient {
 public:
  PlannedGradient() : before_(planned()) {
    planned() = true;
  }
  PlannedGradient(const PlannedGradient&) = delete;
  PlannedGradient& operator=(const PlannedGradient&) = delete;
  ~PlannedGradient() {
    planned() = before_;
  }

  static bool& planned() {
    thread_local bool planned = false;
    return planned;
  }

 private:
  bool before_;
};

/// Whether a gradient is asked for, which kernels of our own do not give.
inline bool needs_grad(std::initializer_list<torch::Tensor> tensors) {
  if (PlannedGradient::planned()) {
    return true;
  }
  return torch::GradMode::is_enabled() &&
      std::any_of(
             tensors.begin(), tensors.end(), [](const torch::Tensor& tensor) {
               return tensor.requires_grad();
             });
}

} // namespace microfiche::kernels
