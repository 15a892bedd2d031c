#pragma once

#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

namespace microfiche::training {

// Note [Master weights]
// A model may compute in bf16 while the optimizer adds up small steps in f32:
// then each parameter has a master, a float32 copy which the optimizer updates
// and which is saved, and which is rounded into the parameter after each step.
// A model that computes in f32 is its own master.

/// A parameter by its name in the model, with its master.
struct Parameter {
  std::string name;
  torch::Tensor tensor;
  torch::Tensor master;
};

/// Makes the masters of a model's parameters; see Note [Master weights].
std::vector<Parameter> with_masters(
    const std::vector<std::pair<std::string, torch::Tensor>>& parameters);

/// Rounds the weights to the dtype in which the model computes; the masters
/// keep what was rounded.
void round_weights(
    const std::vector<Parameter>& parameters,
    torch::Dtype dtype);

/// Names the first weight or gradient that is not finite, in half a sentence
/// for an error.
std::string first_not_finite(const std::vector<Parameter>& parameters);

} // namespace microfiche::training
