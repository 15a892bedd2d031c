#pragma once

#include "generation/search.h"
#include "model/loaded_model.h"
#include "page/page_views.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::generation {

/// What a model read from one page.
struct Reading {
  std::string text;
  std::vector<int64_t> ids;
  StopReason stop = StopReason::kLength;

  /// This page's part of its batch's wall time.
  double encode_seconds = 0.0;
  double prefill_seconds = 0.0;
  double decode_seconds = 0.0;
};

/// Called with each piece of a page's text as soon as its characters are whole;
/// `row` counts the pages of the call.
using TextCallback = std::function<void(int64_t row, std::string_view text)>;

/// How a batch of pages is read.
struct ReadOptions {
  /// The prompt, with `<image>` where the page goes; empty is the model's own.
  std::string prompt;
  GenerationConfig generation;
  TextCallback on_text;

  /// Number of the batch's first page in the whole run; sampled text depends on
  /// a page's number and not on its batch.
  uint64_t first_row = 0;
};

/// Reads a batch of pages that are encoded already. They may be of several
/// modes; tokens of another page or of a blank one in their place make the
/// controls of an experiment.
std::vector<Reading> read_vision_tokens(
    model::LoadedModel& loaded,
    std::span<const model::VisionTokens> pages,
    const ReadOptions& options);

/// Encodes a batch of pages of one mode and reads them.
std::vector<Reading> read_pages(
    model::LoadedModel& loaded,
    std::span<const page::PageViews> pages,
    const page::ResolutionMode& mode,
    const ReadOptions& options);

/// The embedded prompts of a batch, as `search` and `log_likelihoods` take
/// them.
std::vector<SearchInput> make_search_inputs(
    model::LoadedModel& loaded,
    std::span<const model::VisionTokens> pages,
    const std::string& prompt);

} // namespace microfiche::generation
