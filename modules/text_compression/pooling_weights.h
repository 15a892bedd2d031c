#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace microfiche::text_compression {

// Matrices that pool the embeddings of B texts into vectors: (B, vectors, T),
// to be multiplied with (B, T, D). Ids beyond a text's length have weight 0,
// and a vector without ids is zero.

/// Means over even spans: id i of n belongs to vector i * vectors / n. With at
/// least as many vectors as ids, no vector has two ids, and each id is in the
/// middle of its span of vectors.
torch::Tensor mean_weights(
    const std::vector<int64_t>& lengths,
    int64_t vectors,
    int64_t longest,
    const torch::TensorOptions& like);

/// The first ids or the last ones, one per vector. A shorter text leaves the
/// last vectors zero.
torch::Tensor truncation_weights(
    const std::vector<int64_t>& lengths,
    int64_t vectors,
    int64_t longest,
    bool last,
    const torch::TensorOptions& like);

} // namespace microfiche::text_compression
