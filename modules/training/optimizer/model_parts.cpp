#include "training/optimizer/model_parts.h"

#include "checkpoint/sharded_checkpoint.h"
#include "core/error.h"
#include "core/name_pattern.h"
#include "model/checkpoint_names.h"
#include "model/state_dict.h"

#include <torch/torch.h>

#include <algorithm>
#include <memory>

namespace microfiche::training {
namespace {

void copy_tensor(
    const std::shared_ptr<const checkpoint::Checkpoint>& from,
    const std::string& name,
    torch::Tensor to,
    const std::string& where) {
  const auto published = model::published_name(name);
  const auto found = from->find(published);
  check(
      !from->find(published + "_packed"),
      "training: parts_from: ",
      where,
      ": ",
      published,
      " is int4; take the parts from the folder of the model before "
      "quantization");
  check(
      found.has_value(),
      "training: parts_from: ",
      where,
      ": has no tensor ",
      published);
  auto value = model::view_tensor(*found, from);
  const auto scale = from->find(published + "_scale");
  if (value.scalar_type() == torch::kInt8 && scale) {
    value = value.to(torch::kFloat32) *
        model::view_tensor(*scale, from).to(torch::kFloat32).view({-1, 1});
  }
  check(
      value.is_floating_point() && value.sizes() == to.sizes(),
      "training: parts_from: ",
      where,
      ": expected ",
      published,
      " in floating point, or in int8 with scales, and of shape ",
      to.sizes(),
      ", got ",
      value.scalar_type(),
      " of shape ",
      value.sizes());
  to.copy_(value);
}

} // namespace

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

void copy_parts(model::OpticalModel& model, const PartsFromConfig& from) {
  const torch::NoGradGuard no_grad;
  const auto other = std::make_shared<const checkpoint::Checkpoint>(
      checkpoint::Checkpoint::open(from.model));
  for (const auto& part : from.parts) {
    bool used = false;
    for (auto& item : model->named_parameters()) {
      if (!in_part(part, item.key())) {
        continue;
      }
      used = true;
      copy_tensor(other, item.key(), item.value(), from.model.string());
    }
    check(
        used,
        "training: parts_from: no parameter of the model is in part \"",
        part,
        "\"");
  }
}

} // namespace microfiche::training
