#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conditions/tokens/token_condition.h"
#include "model/loaded_model.h"
#include "sweep/run/batch_reader.h"

namespace microfiche::sweep {

using TokenConditions =
    std::vector<conditions::Applied<conditions::TokenCondition>>;

/// The token conditions that `text` names. Throws `InputError` for an unknown
/// one, and for one that has nothing to change in this model.
TokenConditions find_token_conditions(
    const model::LoadedModel& loaded,
    const std::string& text);

/// The encoder with one tower's half of the features zero. The second stage
/// must have the map in its features.
model::ViewEncoder encoder_without(
    model::LoadedModel& loaded,
    conditions::Tower tower);

/// Applies the conditions to the tokens of a batch. The counts become those of
/// the remaining tokens; valid tokens shrink in proportion.
void apply_conditions(
    std::vector<model::VisionTokens>& pages,
    const std::vector<model::VisionTokens>& others,
    const BatchRequest& request,
    const TokenConditions& conditions,
    int64_t pixels_per_token);

} // namespace microfiche::sweep
