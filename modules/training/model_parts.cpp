#include "training/model_parts.h"

#include "core/error.h"
#include "core/name_pattern.h"
#include "model/loaded_model.h"

#include <torch/torch.h>

#include <algorithm>

namespace microfiche::training {

const std::vector<ModelPart>& model_parts() {
  static const std::vector<ModelPart> parts = {
      {"adapter", {"*.lora_A", "*.lora_B"}},
      {"sam", {"encoder.sam.*"}},
      {"compressor", {"encoder.compressor.*"}},
      {"clip", {"encoder.clip.*"}},
      {"flow", {"encoder.flow.*"}},
      {"projector", {"encoder.projector.*", "image_newline", "view_separator"}},
      {"embeddings", {"decoder.token_embedding.*", "decoder.lm_head.*"}},
      {"router", {"decoder.layers.*.mlp.router.*"}},
      {"experts",
       {"decoder.layers.*.mlp.experts.*",
        "decoder.layers.*.mlp.shared_experts.*"}},
      {"decoder", {"decoder.*"}},
      {"heads", {"heads.*"}},
      {"text_compressor", {"text_compressor.*"}},
  };
  return parts;
}

bool in_part(const std::string& match, const std::string& parameter) {
  for (const auto& part : model_parts()) {
    if (part.name == match) {
      return std::any_of(
          part.patterns.begin(),
          part.patterns.end(),
          [&](const std::string& pattern) {
            return matches(pattern, parameter);
          });
    }
  }
  return matches(match, parameter);
}

void copy_parts(
    model::OpticalModel& model,
    const PartsFromConfig& from,
    torch::Device device) {
  const torch::NoGradGuard no_grad;
  const auto other = model::load_model(from.model, {device, torch::kFloat32});
  const auto values = other.model->named_parameters();
  for (const auto& part : from.parts) {
    bool used = false;
    for (auto& item : model->named_parameters()) {
      if (!in_part(part, item.key())) {
        continue;
      }
      used = true;
      const auto* value = values.find(item.key());
      check(
          value != nullptr && value->sizes() == item.value().sizes(),
          "training: parts_from: ",
          from.model.string(),
          ": expected ",
          item.key(),
          " of shape ",
          item.value().sizes(),
          " for part \"",
          part,
          "\", got ",
          value == nullptr ? std::string("none") : concat(value->sizes()));
      item.value().copy_(*value);
    }
    check(
        used,
        "training: parts_from: no parameter of the model is in part \"",
        part,
        "\"");
  }
}

} // namespace microfiche::training
