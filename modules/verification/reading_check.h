#pragma once

#include "core/config.h"
#include "model/loaded_model.h"
#include "model/model_family.h"
#include "reading/text_pages.h"
#include "verification/bound.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::verification {

// Note [Loose bounds]
// A bound separates "reads" from "does not read", and no more. Published
// figures come from other pages, and two correct implementations differ in the
// last bits, after which greedy decoding continues differently. So a bound lies
// well below the published figure, and over a few pages it is the median's,
// because the published model repeats itself without end on some pages (7 of
// 112 pages of Fox in mode tiny).

/// A mode in which pages are read, and what the model reaches in it.
struct ModeBound {
  std::string mode;

  /// Of the median page: 1 - normalised edit distance, white space collapsed.
  double at_least = 0;

  /// The published figure behind it.
  std::string reason;
};

/// Pages that the program renders itself.
struct ReadingCheckConfig {
  /// Files and folders of documents.
  std::vector<std::string> texts;
  int64_t pages = 5;

  /// Characters per page, at most.
  int64_t characters = 1300;

  /// Chooses the passages.
  uint64_t seed = 0;
  reading::TextStyle text_style;

  /// With `<image>`; empty for the model's own.
  std::string prompt;
  std::vector<ModeBound> modes;
};

/// Five square pages of about 300 text tokens of `texts`, and the modes and
/// bounds of a family (see `model::model_families`). A page holds less than
/// half of what the shortest pages of the paper's Table 2 hold.
///
/// Source: DeepSeek-OCR, arXiv:2510.18234v1, Tables 2 and 3; DeepSeek-OCR 2,
/// arXiv:2601.20552, Table 1; Unlimited-OCR, arXiv:2606.23050. See Note [Loose
/// bounds].
ReadingCheckConfig published_reading_check(
    const model::ModelFamily& family,
    const std::string& texts);

/// A page and what was read from it.
struct CheckedPage {
  int64_t text_tokens = 0;
  std::string reference;
  std::string prediction;

  /// "eos", "length" or "loop".
  std::string stop;

  /// 1 - normalised edit distance and precision of the sets of words, both with
  /// collapsed white space.
  double edit_similarity = 0;
  double set_precision = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, CheckedPage& page) {
  visit("text_tokens", page.text_tokens);
  visit("reference", page.reference);
  visit("prediction", page.prediction);
  visit("stop", page.stop);
  visit("edit_similarity", page.edit_similarity);
  visit("set_precision", page.set_precision);
}

/// The pages in one mode.
struct ModeReading {
  std::string mode;
  int64_t vision_tokens = 0;
  std::vector<CheckedPage> pages;
  Bound bound;
  double seconds = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, ModeReading& reading) {
  visit("mode", reading.mode);
  visit("vision_tokens", reading.vision_tokens);
  visit("pages", reading.pages);
  visit("bound", reading.bound);
  visit("seconds", reading.seconds);
}

/// Renders the pages and reads them in each mode, all pages of a mode in one
/// batch; shows progress. Markup is removed from readings before they are
/// scored.
///
/// Throws `InputError` for texts that are missing or cannot be drawn, for a
/// model without tokenizer.json, and as `read_images`; `UsageError` for an
/// unknown mode.
std::vector<ModeReading> check_reading(
    model::LoadedModel& loaded,
    const ReadingCheckConfig& config);

/// The middle value; the mean of two for an even number; NaN without values.
double median(std::vector<double> values);

} // namespace microfiche::verification
