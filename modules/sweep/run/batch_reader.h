#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/condition.h"
#include "core/json.h"
#include "generation/config/generation_config.h"
#include "page/page_image.h"
#include "page/resolution_mode.h"
#include "page/vision_token_order.h"
#include "sweep/page_reading.h"
#include "sweep/sweep_page.h"

namespace microfiche::sweep {

/// What was read from the pages of a batch, and the wall time of all of them.
struct BatchReading {
  std::vector<PageReading> pages;

  /// The time when these pages were encoded; vision tokens may be reused.
  double encode_seconds = 0;
  double prefill_seconds = 0;
  double decode_seconds = 0;

  /// Largest memory in use during the reading; see `peak_memory_bytes`.
  int64_t peak_memory_bytes = 0;
};

/// Pages of one cell, and how to read them.
struct BatchRequest {
  std::span<const page::PageImage> pages;
  const page::ResolutionMode& mode;

  /// The text on each page: for readers of texts, for drafts, and for the
  /// log-likelihood.
  std::vector<std::string> references = {};

  /// One for each page that is asked instead of transcribed, or none.
  std::vector<PageQuestion> questions = {};

  /// Whether each reference is a draft of its page's reading.
  bool draft_references = false;

  /// Whether the log-likelihoods of the references are computed.
  bool log_likelihood = false;

  /// Empty for the model's own prompt.
  std::string prompt = {};
  generation::GenerationConfig generation = {};

  /// Number of the first page in the whole run; seeds sampling.
  uint64_t first_page = 0;

  /// The conditions of the vision tokens, as a config names them.
  std::string token_conditions = conditions::kNoCondition;

  /// One page for each page if a condition needs another page; else empty.
  std::span<const page::PageImage> other_pages = {};

  /// Seed of the token conditions, and the first page's number in its cell.
  uint64_t seed = 0;
  int64_t first_page_of_cell = 0;
};

/// Reads the pages of a sweep: a model, or anything else that turns pages into
/// text.
class BatchReader {
 public:
  virtual ~BatchReader() = default;

  virtual BatchReading read(const BatchRequest& request) = 0;

  /// The mode of that name; the default mode for an empty name. Throws for an
  /// unknown name.
  virtual page::ResolutionMode find_mode(const std::string& name) const = 0;

  /// A mode that the user wrote, as the reader's model takes it. Throws
  /// `InputError` for a mode that it cannot take.
  virtual page::ResolutionMode adapt_mode(page::ResolutionMode mode) const {
    return mode;
  }

  /// Throws `InputError` if one of these token conditions has nothing to change
  /// in the reader's model. `text` is one of `conditions.tokens`.
  virtual void check_token_conditions(const std::string& /*text*/) const {}

  /// Text tokens in the reader's own vocabulary.
  virtual int64_t count_text_tokens(std::string_view text) const = 0;

  /// Whether it reads `references` instead of images, so that conditions of
  /// pages and tokens have no effect.
  virtual bool reads_texts() const {
    return false;
  }

  /// Side of the square of pixels that becomes one vision token.
  virtual int64_t pixels_per_token() const {
    return page::kPixelsPerToken;
  }

  /// Size of one position in the decoder's KV cache.
  virtual int64_t kv_cache_bytes_per_position() const {
    return 0;
  }

  /// What the results depend on: folder and hashes, device, dtype.
  virtual Json provenance() const {
    return Json::object();
  }
};

} // namespace microfiche::sweep
