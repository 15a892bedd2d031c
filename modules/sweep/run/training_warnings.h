#pragma once

#include <string>
#include <vector>

#include "model/model_config.h"
#include "sweep/cell.h"
#include "sweep/sweep_config.h"

namespace microfiche::sweep {

/// One sentence for each way in which a cell's mode, fonts or sizes of type
/// differ from what the model was trained on; see `model::training_warnings`.
/// The pages of a collection are images whose style is unknown: for them only
/// the mode is compared.
std::vector<std::string> training_warnings(
    const SweepConfig& config,
    const Cell& cell,
    const model::ModelConfig& model);

} // namespace microfiche::sweep
