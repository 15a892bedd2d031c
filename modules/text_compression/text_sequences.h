#pragma once

#include "text_compression/text_compressor.h"

#include "model/loaded_model.h"

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace microfiche::text_compression {

// Note [Text in place of a page]
// The n vision tokens of a page are replaced by n vectors of its text, at the
// same positions: newlines and separator stay between and after them. So the
// decoder gets as many informative vectors at as many positions. Only the two
// bounds differ: the whole text has one position per id, and no text has none.

/// The decoder's input for texts with these ids instead of pages with
/// `vision_tokens` vision tokens.
///
/// Shapes: returns one (positions, D) per text. Throws as `TextCompressor`
/// does, and `c10::Error` for a text without ids.
std::vector<torch::Tensor> text_sequences(
    model::OpticalModel& model,
    TextCompressor& compressor,
    const std::vector<std::vector<int64_t>>& texts,
    int64_t vision_tokens);

/// The same for texts, in the form of vision tokens and without gradients.
/// `counts.nominal` is that of the page, also for the two bounds, so that plots
/// show them at the page's ratio; `counts.positions` is that of the decoder's
/// input.
std::vector<model::VisionTokens> encode_texts(
    model::LoadedModel& loaded,
    TextCompressor& compressor,
    std::span<const std::string> texts,
    const page::ResolutionMode& mode);

} // namespace microfiche::text_compression
