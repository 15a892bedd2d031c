#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::training {

// Note [Master weights]
// A model may compute in bf16, but the optimizer must sum small updates in f32.
// So each parameter has a master: a float32 copy that the optimizer updates,
// that checkpoints hold, and that is rounded into the parameter after each
// step. A model that computes in f32 is its own master. A loaded parameter that
// no stage trains has no master, and takes no more memory than for reading.

/// A parameter with its name in the model and its master, which may be
/// undefined.
struct Parameter {
  std::string name;
  torch::Tensor tensor;
  torch::Tensor master;

  /// The rank that keeps master and moments and updates the parameter for all;
  /// nothing if each process does. See Note [Sharded optimizer state].
  std::optional<int64_t> owner = std::nullopt;
};

/// Sets the master of a parameter; see Note [Master weights].
void make_master(Parameter& parameter);

/// Parameters with masters, from pairs of name and tensor.
std::vector<Parameter> with_masters(
    const std::vector<std::pair<std::string, torch::Tensor>>& parameters);

/// Converts the weights to the dtype in which the model computes. The masters
/// keep full precision.
void round_weights(
    const std::vector<Parameter>& parameters,
    torch::Dtype dtype);

/// Rounds changed masters into the weights.
void copy_masters_to_weights(const std::vector<Parameter>& parameters);

} // namespace microfiche::training
