#pragma once

#include "generation/generate.h"
#include "model/loaded_model.h"
#include "page/page_views.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::generation {

/// The text that a model read from one page.
struct Reading {
  std::string text;
  std::vector<int64_t> ids;
  StopReason stop = StopReason::kLength;

  /// This page's share of the wall time; a batch divides its time equally.
  double encode_seconds = 0.0;
  double prefill_seconds = 0.0;
  double decode_seconds = 0.0;

  /// Decoder calls after the prompt, and the ids that a draft proposed and that
  /// were right; see `GenerationResult`.
  int64_t steps = 0;
  int64_t drafted = 0;
  int64_t accepted = 0;
};

/// How pages are read.
struct ReadConfig {
  /// The prompt, with `<image>` where the page goes; empty for the model's
  /// default. Reading throws `InputError` for a prompt without `<image>`.
  std::string prompt;
  GenerationConfig generation;
};

/// The vision tokens of one page of a run.
struct NumberedTokens {
  /// The page's number in the whole run. Sampled text depends on it, and not on
  /// the other pages of the batch.
  int64_t page = 0;
  model::VisionTokens tokens;

  /// Its own prompt, in place of the config's; may be without `<image>` if
  /// there are no vision tokens.
  std::string prompt = {};

  /// Texts that the reading may follow, or null; see Note [Drafts].
  std::shared_ptr<const Draft> draft = {};
};

/// Where pages come from and where readings go; see `GenerationCallbacks`.
struct ReadCallbacks {
  std::function<std::optional<NumberedTokens>()> next;
  std::function<void(int64_t page, Reading reading)> on_reading;
  std::function<void(int64_t page, const Error& error)> on_failure;

  /// Called with each piece of a page's text as soon as its characters are
  /// complete.
  std::function<void(int64_t page, std::string_view text)> on_text;
};

/// Reads pages with continuous batching, at most `max_rows` at a time; see
/// `generate`. The pages may have different modes.
void read_vision_tokens(
    model::LoadedModel& loaded,
    const ReadCallbacks& callbacks,
    const ReadConfig& config,
    int64_t max_rows);

/// Reads all pages in one batch, numbered from `first_page`. `prompts` has one
/// for each page, or none for the prompt of the config; the same for `drafts`.
/// For the control conditions of an experiment, pass the tokens of another page
/// or a blank one.
std::vector<Reading> read_vision_tokens(
    model::LoadedModel& loaded,
    std::span<const model::VisionTokens> pages,
    const ReadConfig& config,
    int64_t first_page = 0,
    std::span<const std::string> prompts = {},
    std::span<const std::shared_ptr<const Draft>> drafts = {});

/// A draft of texts in the tokens of a model. Without texts only the answer so
/// far is looked up.
std::shared_ptr<const Draft> make_draft(
    const tokenizer::Tokenizer& tokenizer,
    std::span<const std::string> texts);

/// Encodes pages of one mode and reads them in one batch.
std::vector<Reading> read_pages(
    model::LoadedModel& loaded,
    std::span<const page::PageViews> pages,
    const page::ResolutionMode& mode,
    const ReadConfig& config);

/// The embedded prompts of a batch, for `generate` and `predict_targets`.
std::vector<GenerationRequest> make_generation_requests(
    model::LoadedModel& loaded,
    std::span<const model::VisionTokens> pages,
    const std::string& prompt);

} // namespace microfiche::generation
