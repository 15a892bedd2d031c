#pragma once

#include "model/model_config.h"

#include <string>

namespace microfiche::model {

/// Throws `InputError`, naming the field, for sizes that no model can have and
/// sizes that contradict each other; `where` is the file.
void validate(const ModelConfig& config, const std::string& where);

/// Throws `InputError` for a mode whose views this model's vision tokens do not
/// divide.
void validate_mode(
    const ModelConfig& config,
    const page::ResolutionMode& mode,
    const std::string& where);

} // namespace microfiche::model
