#pragma once

#include "memory/policy/ageing.h"
#include "model/loaded_model.h"
#include "model/optical_model.h"
#include "page/resolution_mode.h"

#include <string>

namespace microfiche::memory {

/// The mode whose pictures the encoder gets for a page in `mode`: that one, or
/// `from` of a pooled or dropped page. Throws `InputError`, which `where`
/// starts, if the vision tokens of `from` cannot become those of `mode`: one of
/// them has tiles, `from` has no more tokens, or the model has tokens without
/// rows; and for a mode that the model does not have.
page::ResolutionMode encoded_mode(
    const AgeingConfig& ageing,
    const page::ResolutionMode& mode,
    const model::LoadedModel& loaded,
    const std::string& where);

/// The vision tokens of a page in `mode`, from those in `encoded_mode`; see
/// Note [Ways to age a page]. The sequence is f32. Tokens that do not shrink
/// stay as they are.
model::VisionTokens shrink_tokens(
    model::VisionTokens tokens,
    const AgeingConfig& ageing,
    const page::ResolutionMode& mode,
    const model::LoadedModel& loaded);

} // namespace microfiche::memory
