#pragma once

#include <torch/types.h>

#include <algorithm>
#include <initializer_list>

namespace microfiche::kernels {

/// As long as one lives, `needs_grad` says yes on its thread: gradients will be
/// asked for of what is computed now, by computing it again.
class AssumeGradGuard {
 public:
  AssumeGradGuard() : before_(planned()) {
    planned() = true;
  }
  AssumeGradGuard(const AssumeGradGuard&) = delete;
  AssumeGradGuard& operator=(const AssumeGradGuard&) = delete;
  ~AssumeGradGuard() {
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
  if (AssumeGradGuard::planned()) {
    return true;
  }
  return torch::GradMode::is_enabled() &&
      std::any_of(
             tensors.begin(), tensors.end(), [](const torch::Tensor& tensor) {
               return tensor.requires_grad();
             });
}

} // namespace microfiche::kernels
