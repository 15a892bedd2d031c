#pragma once

#include "text_compression/text_compressor.h"

#include "model/loaded_model.h"

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace microfiche::text_compression {

// Note [Text in the place of a page]
// A page of n vision tokens becomes n vectors of its text, in the same places:
// newlines and separator stand between and after them as they do on a page, so
// that the decoder gets as many vectors that tell something, at as many
// positions. Only the bounds differ: the whole text has a position for each of
// its ids, and no text none.

/// What the decoder gets of pages with `vision_tokens` vision tokens whose
/// texts have these ids.
///
/// Shapes: returns one (positions, D) a text. Throws as `TextCompressor` does,
/// and `c10::Error` for a text without ids.
std::vector<torch::Tensor> text_sequences(
    model::OpticalModel& model,
    TextCompressor& compressor,
    const std::vector<std::vector<int64_t>>& texts,
    int64_t vision_tokens);

/// The same of texts, as a page's vision tokens; nothing is kept for gradients.
/// `counts.nominal` is the page's for the bounds, too, which are drawn where
/// the page is; `counts.positions` is what the decoder gets.
std::vector<model::VisionTokens> encode_texts(
    model::LoadedModel& loaded,
    TextCompressor& compressor,
    std::span<const std::string> texts,
    const page::ResolutionMode& mode);

} // namespace microfiche::text_compression
