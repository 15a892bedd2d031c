#pragma once

#include "core/error.h"
#include "model/checkpoint_names.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::model {

/// Collects the tensors of a checkpoint under their published names.
class SpecList {
 public:
  explicit SpecList(Quantization quantization)
      : quantization_(std::move(quantization)) {}

  void add(const std::string& name, std::vector<int64_t> shape) {
    specs.push_back({name, std::move(shape)});
  }

  /// A linear layer without a bias.
  void add_matrix(const std::string& name, int64_t out, int64_t in) {
    const auto format = quantization_.of(name);
    const auto add_part = [&](std::string_view ending,
                              std::vector<int64_t> shape,
                              TensorContent content) {
      add(name + std::string(ending), std::move(shape));
      specs.back().content = content;
      specs.back().layer = name;
      specs.back().out = out;
      specs.back().in = in;
    };
    if (format.format == WeightFormat::kFloat) {
      add_part(kWeightEnding, {out, in}, TensorContent::kFloat);
      return;
    }
    if (format.format == WeightFormat::kInt8) {
      add_part(kWeightEnding, {out, in}, TensorContent::kInt8);
      add_part(kScaleEnding, {out, 1}, TensorContent::kChannelScale);
      return;
    }
    check(
        in % format.group_size == 0,
        "config.json: quantization_config: group_size: ",
        name,
        " has ",
        in,
        " inputs, which are not whole groups of ",
        format.group_size);
    const int64_t groups = in / format.group_size;
    add_part(kPackedEnding, {out, in / 8}, TensorContent::kInt4);
    add_part(kScaleEnding, {out, groups}, TensorContent::kGroupScale);
    add_part(kShapeEnding, {2}, TensorContent::kShape);
    if (format.zero_points) {
      add_part(
          kZeroPointEnding, {(out + 7) / 8, groups}, TensorContent::kZeroPoint);
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
  Quantization quantization_;
};

} // namespace microfiche::model
