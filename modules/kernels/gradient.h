#pragma once

#include <torch/types.h>

#include <algorithm>
#include <initializer_list>

namespace microfiche::kernels {

/// While one is alive, `needs_grad` returns true on its thread. `recompute`
/// uses it so that its first run, without gradients, takes the same kernels as
/// the second run.
class AssumeGradGuard {
 public:
  AssumeGradGuard() : before_(is_active()) {
    is_active() = true;
  }
  AssumeGradGuard(const AssumeGradGuard&) = delete;
  AssumeGradGuard& operator=(const AssumeGradGuard&) = delete;
  ~AssumeGradGuard() {
    is_active() = before_;
  }

  static bool& is_active() {
    thread_local bool active = false;
    return active;
  }

 private:
  bool before_;
};

/// Whether any of the tensors needs a gradient. Our own kernels have none.
inline bool needs_grad(std::initializer_list<torch::Tensor> tensors) {
  if (AssumeGradGuard::is_active()) {
    return true;
  }
  return torch::GradMode::is_enabled() &&
      std::any_of(
             tensors.begin(), tensors.end(), [](const torch::Tensor& tensor) {
               return tensor.requires_grad();
             });
}

} // namespace microfiche::kernels
