#pragma once

#include "generation/search.h"
#include "model/loaded_model.h"
#include "page/page_views.h"

#include <cstdint>
#include <functional>
#include <optional>
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

  /// This page's part of the wall time of what was computed for several.
  double encode_seconds = 0.0;
  double prefill_seconds = 0.0;
  double decode_seconds = 0.0;
};

/// How pages are read.
struct ReadOptions {
  /// The prompt, with `<image>` where the page goes; empty is the model's own.
  std::string prompt;
  GenerationConfig generation;
};

/// A page that is encoded already.
struct NumberedTokens {
  /// The page's number in the whole run; sampled text depends on it, and not on
  /// the pages that are read beside it.
  int64_t page = 0;
  model::VisionTokens tokens;
};

/// Where pages come from and readings go; see `SearchCallbacks`.
struct ReadCallbacks {
  std::function<std::optional<NumberedTokens>()> next;
  std::function<void(int64_t page, Reading reading)> on_reading;
  std::function<void(int64_t page, const Error& error)> on_failure;

  /// Called with each piece of a page's text as soon as its characters are
  /// whole.
  std::function<void(int64_t page, std::string_view text)> on_text;
};

/// Reads pages, at most `max_rows` of them together: where one ends the next
/// takes its place, as `search` does it. Pages may be of several modes.
void read_vision_tokens(
    model::LoadedModel& loaded,
    const ReadCallbacks& callbacks,
    const ReadOptions& options,
    int64_t max_rows);

/// Reads all of the pages together, numbered from `first_page`. Tokens of
/// another page or of a blank one in a page's place make the controls of an
/// experiment.
std::vector<Reading> read_vision_tokens(
    model::LoadedModel& loaded,
    std::span<const model::VisionTokens> pages,
    const ReadOptions& options,
    int64_t first_page = 0);

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
