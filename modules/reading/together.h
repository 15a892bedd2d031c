#pragma once

#include "model/loaded_model.h"
#include "model/model_config.h"
#include "model/optical_model.h"
#include "page/resolution_mode.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::reading {

// Note [Pages together]
// Some models read several pages in one prompt: the pages' vision tokens stand
// one after another at its single <image>, nothing between them, and the answer
// has a mark before each page. See `document::split_pages`.
//
// Source: `infer_multi` of modeling_unlimitedocr.py (baidu/Unlimited-OCR).

/// Positions of a prompt besides its pages.
int64_t text_positions(
    const model::LoadedModel& loaded,
    const std::string& prompt);

/// How many pages of `page_positions` fit into the model's positions with this
/// prompt and one id of the answer.
int64_t count_pages_that_fit(
    const model::LoadedModel& loaded,
    const std::string& prompt,
    int64_t page_positions);

/// The vision tokens of all pages, one after another; the sizes of the first.
model::VisionTokens join_pages(const std::vector<model::VisionTokens>& pages);

/// The text of each of `count` pages, at least 1, in an answer with page marks.
/// Text before the first mark and text without marks are with the first page,
/// and text of more pages with the last. Warns about each of these and about
/// missing pages, whose text is empty.
std::vector<std::string> texts_of_pages(std::string_view answer, size_t count);

/// Throws `InputError` for a family that reads one page at a time, and for a
/// mode with tiles.
void check_together(
    const model::ModelConfig& config,
    const page::ResolutionMode& mode);

/// The mode of that name; without a name the model's default, or "base" if that
/// has tiles.
page::ResolutionMode find_together_mode(
    const model::LoadedModel& loaded,
    const std::string& name);

} // namespace microfiche::reading
