#pragma once

#include <string>
#include <vector>

#include "core/json.h"

namespace microfiche::sweep {

/// Everything besides the config that the results of a run depend on: time,
/// build, model, text tokenizer, rendering libraries and fonts, processor and
/// threads. `model` is a `BatchReader::provenance`.
Json describe_environment(
    const Json& model,
    const std::vector<std::string>& fonts,
    int64_t threads);

} // namespace microfiche::sweep
