#pragma once

#include "experiments/runner/page_reader.h"
#include "model/loaded_model.h"

namespace microfiche::experiments {

/// Reads pages with a model, which must outlive the reader.
PageReader make_model_reader(model::LoadedModel& loaded);

} // namespace microfiche::experiments
