#pragma once

#include "memory/policy/plan.h"
#include "memory/store.h"
#include "model/model_config.h"
#include "tokenizer/tokenizer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::memory {

/// The pages of a conversation with what they cost in a model: modes,
/// positions, text tokens and the positions that the model has. The clock is
/// the newest turn and the budget all positions; `kv_bytes_per_position` and
/// `accuracy` are left to the caller. Throws `InputError` as `page_states`.
PlanInput make_plan_input(
    Store& store,
    int64_t conversation,
    const model::ModelConfig& config,
    const tokenizer::Tokenizer& tokenizer);

/// The modes that the model was trained on, or all if it does not say, most
/// positions first: the steps of a default ladder.
std::vector<std::string> ladder_modes(
    const model::ModelConfig& config,
    const PlanInput& input);

} // namespace microfiche::memory
