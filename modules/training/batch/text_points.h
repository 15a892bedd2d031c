#pragma once

#include "text_compression/text_compressor_config.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace microfiche::training {

/// A page on which the vectors of a text are laid out as if they were its
/// vision tokens; see `page::TokenLayout`.
struct VectorLayout {
  int64_t vectors() const {
    return side * side / squares_per_vector;
  }

  /// Squares along a side, pixels along the side of a square, and cells along
  /// it.
  int64_t side = 0;
  int64_t square_px = 0;
  int64_t cells = 0;

  int64_t squares_per_vector = 1;
};

/// The point of each answer id on a page of text vectors, so that `ReadingAids`
/// works for texts as for pages: vector i is vision token i, and an id's
/// position in the vector's span selects a square and one of its cells * cells
/// cells, row by row.
///
/// Shapes: `answers` are B lists of at most L ids, each with an end id; returns
/// (B, L, 2), x and y in px, negative for padding and for ids in no vector.
torch::Tensor points_of_texts(
    const text_compression::TextCompressorConfig& config,
    const std::vector<std::vector<int64_t>>& answers,
    const VectorLayout& layout);

} // namespace microfiche::training
