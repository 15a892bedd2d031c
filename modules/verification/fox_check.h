#pragma once

#include "core/config.h"
#include "model/loaded_model.h"
#include "verification/bound.h"
#include "verification/published_readings.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::verification {

/// A page of Fox, with our reading compared with the published one. Precision
/// is that of the paper's profile (`metrics::find_profile`); similarities are 1
/// - normalised edit distance with collapsed white space.
struct FoxPage {
  std::string image;
  int64_t text_tokens = 0;
  std::string prediction;

  /// "eos", "length" or "loop".
  std::string stop;
  double set_precision = 0;
  double published_set_precision = 0;
  double edit_similarity = 0;
  double published_edit_similarity = 0;

  /// Of our reading to the published one.
  double agreement = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, FoxPage& page) {
  visit("image", page.image);
  visit("text_tokens", page.text_tokens);
  visit("prediction", page.prediction);
  visit("stop", page.stop);
  visit("set_precision", page.set_precision);
  visit("published_set_precision", page.published_set_precision);
  visit("edit_similarity", page.edit_similarity);
  visit("published_edit_similarity", page.published_edit_similarity);
  visit("agreement", page.agreement);
}

/// A row of the paper's Table 2: mean set precision of the pages with
/// [lower, upper) text tokens.
struct FoxBin {
  int64_t lower = 0;
  int64_t upper = 0;
  int64_t paper_pages = 0;
  int64_t pages = 0;
  double paper = 0;

  /// Of the published readings, and ours; 0 without pages.
  double published = 0;
  double ours = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, FoxBin& bin) {
  visit("lower", bin.lower);
  visit("upper", bin.upper);
  visit("paper_pages", bin.paper_pages);
  visit("pages", bin.pages);
  visit("paper", bin.paper);
  visit("published", bin.published);
  visit("ours", bin.ours);
}

/// All pages in one mode.
struct FoxMode {
  std::string mode;
  std::vector<FoxPage> pages;
  std::vector<FoxBin> bins;
  std::vector<Bound> bounds;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, FoxMode& mode) {
  visit("mode", mode.mode);
  visit("pages", mode.pages);
  visit("bins", mode.bins);
  visit("bounds", mode.bounds);
}

/// How Fox is read.
struct FoxCheckConfig {
  std::string prompt = "<image>\nFree OCR.";
  int64_t max_new_tokens = 4096;

  /// Pages at a time.
  int64_t batch = 4;

  /// Folder that keeps each reading as soon as it is finished, in
  /// `readings.jsonl`; a later check with the same weights, dtype, device and
  /// settings takes them from there. Empty: keeps none.
  std::filesystem::path output;
};

/// Reads all pages in modes tiny and small and compares each with the published
/// reading. Shows progress.
///
/// Throws `InputError` for an image that cannot be read, `UsageError` for a
/// model without these modes, and as `read_images`.
std::vector<FoxMode> check_fox(
    model::LoadedModel& loaded,
    const FoxFolders& folders,
    const FoxCheckConfig& config);

// Note [Bounds on Fox]
// Per mode, over the pages of the paper's table:
//
// - mean set precision. The paper's means, weighted by pages, are .857 (tiny)
//   and .955 (small), those of the published readings .875 and .953. The limits
//   lie about .05 below: .80 and .90.
// - the median agreement with the published readings. The edit distance of two
//   readings is at most the sum of their distances to the page. So a reading
//   that is as good as the published one, of normalised distance d, has an
//   agreement of about 1 - 2d with it. The limit lies .05 below.

/// The table and the bounds of one mode, from its scored pages.
FoxMode summarize_fox(const std::string& mode, std::vector<FoxPage> pages);

/// Scores our reading of a page and compares it with the published one.
FoxPage score_fox_page(
    const PublishedPage& page,
    const std::string& prediction,
    const std::string& stop);

} // namespace microfiche::verification
