#include "model/second_stage_format.h"

#include "core/error.h"
#include "model/model_family.h"

namespace microfiche::model {

const SecondStageFormat& second_stage_format(const ModelConfig& config) {
  const std::string& name = config.family().second_stage;
  for (const auto* format : {&clip_format(), &flow_format()}) {
    if (format->name == name) {
      return *format;
    }
  }
  throw InputError(concat(
      "config.json: vision_config.width: no second stage is called \"",
      name,
      "\""));
}

} // namespace microfiche::model
