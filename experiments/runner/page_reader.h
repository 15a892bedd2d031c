#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "page/page_image.h"
#include "page/resolution_mode.h"

namespace microfiche::experiments {

/// What came out of one page.
struct PageReading {
  std::string text;

  /// "eos", "length" or "loop".
  std::string stop;

  /// Of the reference given the page, where it was asked for.
  std::optional<double> log_likelihood;
};

/// What came out of several pages that were read together, and how long that
/// took in all.
struct BatchReading {
  std::vector<PageReading> pages;
  double encode_seconds = 0;
  double prefill_seconds = 0;
  double decode_seconds = 0;
};

/// Pages and, where their log-likelihood is wanted, what stands on them.
struct BatchRequest {
  std::span<const page::PageImage> pages;
  const page::ResolutionMode& mode;

  /// Empty, or a reference for each page.
  std::vector<std::string> references;

  /// Number of the first page in the whole run, which decides what sampling
  /// draws for it.
  uint64_t first_page = 0;
};

/// Something that reads pages: what a sweep needs to know of a model. The tests
/// have readers without weights.
struct PageReader {
  std::function<BatchReading(const BatchRequest&)> read;

  /// The mode of that name; the default one for an empty name.
  std::function<page::ResolutionMode(const std::string&)> find_mode;

  /// Text tokens by the reader's own vocabulary.
  std::function<int64_t(std::string_view)> count_text_tokens;

  /// Side of the square of pixels that becomes one vision token.
  int64_t token_side_px = 64;

  /// What the results depend on: folder and hashes, device, dtype.
  Json provenance = Json::object();
};

} // namespace microfiche::experiments
