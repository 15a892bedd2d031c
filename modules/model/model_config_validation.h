#pragma once

#include "model/model_config.h"

#include <string>

namespace microfiche::model {

/// Throws `InputError`, naming the field, for invalid or inconsistent sizes;
/// `where` is the file.
void validate(const ModelConfig& config, const std::string& where);

/// Throws `InputError` for a mode whose views are not a multiple of a vision
/// token's side, or that the second stage of the encoder does not take.
void validate_mode(
    const ModelConfig& config,
    const page::ResolutionMode& mode,
    const std::string& where);

} // namespace microfiche::model
