#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::training {

// Note [Master weights]
// A model may compute in bf16 while the optimizer adds up small steps in f32:
// then each parameter has a master, a float32 copy which the optimizer updates
// and which is saved, and which is rounded into the parameter after each step.
// A model that computes in f32 is its own master. A parameter that is loaded
// and that no stage trains has none: it takes no more memory than it does when
// the model only reads.

/// A parameter by its name in the model, with its master or an undefined one.
struct Parameter {
  std::string name;
  torch::Tensor tensor;
  torch::Tensor master;

  /// The process that alone keeps master and moments and updates the parameter
  /// for all; nothing where each does. See Note [Sharded optimizer state].
  std::optional<int64_t> owner = std::nullopt;
};

/// Makes the master of a parameter; see Note [Master weights].
void make_master(Parameter& parameter);

/// Parameters with their masters, from pairs of name and tensor.
std::vector<Parameter> with_masters(
    const std::vector<std::pair<std::string, torch::Tensor>>& parameters);

/// Gives the weights the dtype in which the model computes; the masters keep
/// what was rounded.
void round_weights(
    const std::vector<Parameter>& parameters,
    torch::Dtype dtype);

/// Rounds the masters, which somebody changed, into the weights.
void take_masters(const std::vector<Parameter>& parameters);

/// Names the first weight or gradient that is not finite, in half a sentence
/// for an error.
std::string first_not_finite(const std::vector<Parameter>& parameters);

} // namespace microfiche::training
