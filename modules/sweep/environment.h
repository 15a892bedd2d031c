#pragma once

#include <string>
#include <vector>

#include "core/json.h"

namespace microfiche::sweep {

/// What the results of a run depend on beside its config: time, build, model,
/// text tokenizer, rendering libraries and fonts, processor and threads.
/// `model` is as `BatchReader::provenance` gives it.
Json describe_environment(
    const Json& model,
    const std::vector<std::string>& fonts,
    int64_t threads);

} // namespace microfiche::sweep
