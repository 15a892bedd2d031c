#pragma once

#include "model/checkpoint_names.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::model {

/// Collects the tensors of a checkpoint under their published names.
class SpecList {
 public:
  /// With `int8` the linear layers are int8 and have scales.
  explicit SpecList(bool int8) : int8_(int8) {}

  void add(const std::string& name, std::vector<int64_t> shape) {
    specs.push_back({name, std::move(shape)});
  }

  /// A linear layer without a bias.
  void add_matrix(const std::string& name, int64_t out, int64_t in) {
    add(name + std::string(kWeightEnding), {out, in});
    if (int8_) {
      specs.back().int8 = true;
      add(name + std::string(kScaleEnding), {out, 1});
    }
  }

  void add_linear(const std::string& name, int64_t out, int64_t in) {
    add_matrix(name, out, in);
    add(name + ".bias", {out});
  }

  /// A norm with a bias.
  void add_norm(const std::string& name, int64_t width) {
    add(name + ".weight", {width});
    add(name + ".bias", {width});
  }

  /// A gated MLP, whose layers' names `prefix` starts.
  void add_mlp(const std::string& prefix, int64_t width, int64_t inner) {
    add_matrix(prefix + "gate_proj", inner, width);
    add_matrix(prefix + "up_proj", inner, width);
    add_matrix(prefix + "down_proj", width, inner);
  }

  std::vector<TensorSpec> specs;

 private:
  bool int8_ = false;
};

} // namespace microfiche::model
