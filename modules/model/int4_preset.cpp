#include "model/int4_preset.h"

#include "core/error.h"
#include "core/name_pattern.h"
#include "kernels/int4.h"
#include "model/checkpoint_names.h"

#include <algorithm>

namespace microfiche::model {
namespace {

/// Selects the layers of both encoder stages and of the projector.
constexpr const char* kEncoderLayers =
    "re:model\\.(sam_model|vision_model|qwen2_model|projector)\\.";

/// The expression of compressed-tensors for a pattern with `*`.
std::string expression_of(const std::string& pattern) {
  std::string text = "re:";
  for (const char c : pattern) {
    if (c == '*') {
      text += ".*";
    } else if (
        std::string_view("\\^$.|?+()[]{}").find(c) != std::string::npos) {
      text += std::string("\\") + c;
    } else {
      text += c;
    }
  }
  return text + "$";
}

std::vector<LayerPattern> to_patterns(
    const std::vector<std::string>& patterns,
    const std::vector<TensorSpec>& specs) {
  std::vector<LayerPattern> found;
  for (const auto& pattern : patterns) {
    check<UsageError>(
        std::any_of(
            specs.begin(),
            specs.end(),
            [&](const TensorSpec& spec) {
              return !spec.layer.empty() && matches(pattern, spec.layer);
            }),
        "\"",
        pattern,
        "\" matches no linear layer of this model; names are the published ones, "
        "such as model.layers.*.self_attn.q_proj, model.sam_model.* or lm_head");
    const bool is_name = pattern.find('*') == std::string::npos;
    found.emplace_back(is_name ? pattern : expression_of(pattern), pattern);
  }
  return found;
}

} // namespace

Quantization int4_quantization(
    const ModelConfig& config,
    const Int4Options& options) {
  check<UsageError>(
      kernels::is_int4_group(options.group_size),
      "group size ",
      options.group_size,
      ": expected 32, 64 or 128");
  ModelConfig plain = config;
  plain.source.erase("quantization_config");
  const auto specs = checkpoint_tensors(plain);

  Quantization::Group int8;
  int8.format.format = WeightFormat::kInt8;
  int8.targets = to_patterns(options.int8_layers, specs);
  if (!options.encoder) {
    int8.targets.emplace_back(kEncoderLayers, "");
  }
  for (const auto& spec : specs) {
    if (!spec.layer.empty() && spec.shape[1] % options.group_size != 0) {
      int8.targets.emplace_back(spec.layer, spec.layer);
    }
  }
  Quantization::Group int4;
  int4.targets.emplace_back("Linear", "");
  int4.format = {WeightFormat::kInt4, options.group_size, options.zero_points};
  Quantization quantization;
  quantization.groups.push_back(std::move(int4));
  if (!int8.targets.empty()) {
    quantization.groups.push_back(std::move(int8));
  }
  quantization.ignore = to_patterns(options.float_layers, specs);
  return quantization;
}

Quantization default_quantization(
    const ModelConfig& config,
    WeightFormat format) {
  return format == WeightFormat::kInt4 ? int4_quantization(config)
      : format == WeightFormat::kInt8  ? int8_quantization()
                                       : Quantization();
}

} // namespace microfiche::model
