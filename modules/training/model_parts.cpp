#include "training/model_parts.h"

#include "core/name_pattern.h"

#include <algorithm>

namespace microfiche::training {

const std::vector<ModelPart>& model_parts() {
  static const std::vector<ModelPart> parts = {
      {"adapter", {"*.lora_A", "*.lora_B"}},
      {"sam", {"encoder.sam.*"}},
      {"compressor", {"encoder.compressor.*"}},
      {"clip", {"encoder.clip.*"}},
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

} // namespace microfiche::training
