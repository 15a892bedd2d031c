#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "conditions/condition.h"
#include "generation/generation_config.h"
#include "page/page_image.h"
#include "page/resolution_mode.h"
#include "page/vision_token_order.h"

namespace microfiche::sweep {

/// What a model holds likeliest at each place of a reference, those before it
/// given: how sure it is, and whether it is right.
struct Confidence {
  std::vector<double> probability;
  std::vector<bool> correct;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, Confidence& confidence) {
  visit("probability", confidence.probability);
  visit("correct", confidence.correct);
}

/// What came out of one page.
struct PageReading {
  std::string text;

  /// "eos", "length" or "loop".
  std::string stop;

  /// Of the reference given the page, where it was asked for.
  std::optional<double> log_likelihood;

  /// Of the reference given the prompt alone, where it was asked for.
  std::optional<double> log_likelihood_without_page = std::nullopt;

  /// At the reference's tokens given the page, where it was asked for.
  std::optional<Confidence> confidence = std::nullopt;

  /// Ids that were written.
  int64_t new_tokens = 0;

  /// What the decoder really got of the page, where the reader knows.
  std::optional<page::VisionTokenCounts> vision_tokens = std::nullopt;
};

/// What came out of several pages that were read together, and how long that
/// took in all.
struct BatchReading {
  std::vector<PageReading> pages;

  /// What encoding them took, when that was done; its tokens may be used again.
  double encode_seconds = 0;
  double prefill_seconds = 0;
  double decode_seconds = 0;

  /// Largest memory in use while they were read; see `peak_memory_bytes`.
  int64_t peak_memory_bytes = 0;
};

/// Pages of one cell and how they are to be read.
struct BatchRequest {
  std::span<const page::PageImage> pages;
  const page::ResolutionMode& mode;

  /// What stands on each page, for readers that look at this and not at the
  /// picture.
  std::vector<std::string> texts = {};

  /// What the model is asked; its own prompt when empty.
  std::string prompt = {};
  generation::GenerationConfig generation = {};

  /// Where log-likelihoods are wanted, a reference for each page; else empty.
  std::vector<std::string> references = {};

  /// Number of the first page in the whole run, which decides what sampling
  /// draws for it.
  uint64_t first_page = 0;

  /// The conditions of the vision tokens, as a config names them.
  std::string token_conditions = conditions::kNoCondition;

  /// Where one of those takes another page, one for each page; else empty.
  std::span<const page::PageImage> other_pages = {};

  /// Seed of the draws of those, and the first page's number in its cell.
  uint64_t seed = 0;
  int64_t first_page_of_cell = 0;
};

/// Something that reads pages: what a sweep needs to know of a model. The tests
/// have readers without weights.
struct PageReader {
  std::function<BatchReading(const BatchRequest&)> read;

  /// The mode of that name; the default one for an empty name.
  std::function<page::ResolutionMode(const std::string&)> find_mode;

  /// Text tokens by the reader's own vocabulary.
  std::function<int64_t(std::string_view)> count_text_tokens;

  /// Whether it looks at texts in the place of pages, on which nothing that is
  /// done to a picture has an effect.
  bool reads_texts = false;

  /// Side of the square of pixels that becomes one vision token.
  int64_t token_side_px = 64;

  /// What a position takes in the decoder's cache of keys and values.
  int64_t kv_cache_bytes_per_position = 0;

  /// What the results depend on: folder and hashes, device, dtype.
  Json provenance = Json::object();
};

} // namespace microfiche::sweep
