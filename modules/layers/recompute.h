#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <functional>
#include <memory>
#include <vector>

namespace microfiche::layers {

/// Runs `forward` over x without keeping what its gradients need, and runs it
/// again when they are asked for: memory for time ("activation checkpointing").
/// A third more work, and of a stack of layers only what goes between them is
/// kept.
///
/// `parameters` are those that `forward` uses; they need not be trained.
/// Results and gradients are what a plain call gives; random numbers are drawn
/// again as they were. `forward` and what it captures must live until the
/// gradients are computed.
///
/// Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost",
/// arXiv:1604.06174.
std::vector<torch::Tensor> recompute(
    const std::function<std::vector<torch::Tensor>(const torch::Tensor& x)>&
        forward,
    const torch::Tensor& x,
    const std::vector<torch::Tensor>& parameters);

/// The same for a module's `forward`; a plain call where no gradients are
/// recorded.
template <typename ModuleImpl>
torch::Tensor recompute(
    const std::shared_ptr<torch::nn::Module>& module,
    const torch::Tensor& x) {
  if (!torch::GradMode::is_enabled()) {
    return module->as<ModuleImpl>()->forward(x);
  }
  return recompute(
             [module](const torch::Tensor& in) {
               return std::vector{module->as<ModuleImpl>()->forward(in)};
             },
             x,
             module->parameters())
      .front();
}

} // namespace microfiche::layers
