#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <functional>
#include <memory>
#include <vector>

namespace microfiche::layers {

/// Runs `forward` without storing activations, and runs it again in the
/// backward pass ("activation checkpointing"). It takes a third more time; a
/// stack of layers stores only the tensors between them.
///
/// `parameters` are those that `forward` uses; they may be frozen. Results and
/// gradients equal those of a plain call: the second run draws the same random
/// numbers. `forward` and what it captures must live until the gradients are
/// computed.
///
/// Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost",
/// arXiv:1604.06174.
std::vector<torch::Tensor> recompute(
    const std::function<std::vector<torch::Tensor>(const torch::Tensor& x)>&
        forward,
    const torch::Tensor& x,
    const std::vector<torch::Tensor>& parameters);

/// `recompute` for a module's `forward`; a plain call when gradients are off.
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
