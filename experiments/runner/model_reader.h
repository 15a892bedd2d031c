#pragma once

#include <string>

#include "experiments/runner/page_reader.h"
#include "generation/generation_config.h"
#include "model/loaded_model.h"

namespace microfiche::experiments {

/// Reads pages with a model, which must outlive the reader. An empty `prompt`
/// is the model's own.
PageReader make_model_reader(
    model::LoadedModel& loaded,
    const std::string& prompt,
    const generation::GenerationConfig& generation);

} // namespace microfiche::experiments
