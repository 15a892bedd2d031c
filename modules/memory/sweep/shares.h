#pragma once

#include "core/json.h"
#include "metrics/proportion.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::memory {

/// The share of right answers with a 95 % interval: over conversations, or, if
/// there are fewer than `kFewestDrawn`, Wilson's over questions.
metrics::Proportion share_of(
    const std::vector<metrics::ClusterCount>& clusters,
    uint64_t seed);

/// `n`, `correct`, `mean`, `low` and `high`.
Json share_json(const metrics::Proportion& share);

/// "0.500 [0.400, 0.600], n 80"; "-" without questions.
std::string share_text(const Json& share);

} // namespace microfiche::memory
