#pragma once

#include "text_compression/text_compressor_config.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace microfiche::training {

/// Places that an aid tells apart along the side of a vision token, which are
/// also how finely a vector of text is divided.
inline constexpr int64_t kPlacesInVector = 8;

/// The page on which vectors of text are laid out: vision tokens along a side,
/// pixels along the side of one of them, and places along that.
struct VectorLayout {
  int64_t side = 0;
  int64_t token_side_px = 0;
  int64_t places = 0;
};

/// Where the vectors of a text hold each answer id, told as if the vectors were
/// laid out on a page, so that `ReadingAids` serves texts as it does pages:
/// vector i is vision token i, and how far an id is into what a vector holds is
/// one of its places * places places, row by row.
///
/// Shapes: `answers` are B lists of at most L ids, the last of each an end;
/// returns (B, L, 2) x and y in px, negative for padding and for what no vector
/// holds.
torch::Tensor points_of_texts(
    const text_compression::TextCompressorConfig& config,
    const std::vector<std::vector<int64_t>>& answers,
    const VectorLayout& layout);

} // namespace microfiche::training
