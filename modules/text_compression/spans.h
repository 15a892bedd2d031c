#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace microfiche::text_compression {

// Weights that take the embeddings of B texts to places: (B, places, T), to be
// multiplied with (B, T, D). Ids right of a text's length have no weight, and a
// place that nothing comes to is zero.

/// Even spans: id i of n goes to place i * places / n, and ids that share a
/// place are averaged. With at least as many places as ids no two meet, and
/// each stands in the middle of what would be its span.
torch::Tensor even_spans(
    const std::vector<int64_t>& lengths,
    int64_t places,
    int64_t longest,
    const torch::TensorOptions& like);

/// The first ids, or the last ones, one a place; texts that are shorter leave
/// the last places empty.
torch::Tensor ends(
    const std::vector<int64_t>& lengths,
    int64_t places,
    int64_t longest,
    bool last,
    const torch::TensorOptions& like);

} // namespace microfiche::text_compression
