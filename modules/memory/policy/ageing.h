#pragma once

#include "core/config.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace microfiche::memory {

// Note [Ways to age a page]
// All begin with the text of the page or its first picture, never with a
// picture that is aged already, and give the same number of positions:
//   resized  the first picture, made smaller
//   redrawn  all text, drawn again in the largest type with which it fits
//   excerpt  fewer words in type of a legible size: the words that are rare in
//            the conversation up to this page, in their order, after the marks
//            of their turns, as many as fit
//   pooled   the first picture in a mode with more vision tokens; each token of
//            this mode is the mean of neighbouring ones of that mode
//   dropped  the same, but each token is one of that mode: every k-th in every
//            k-th row, if that mode has k times as many rows
// Pooled and dropped tokens come from those that a page had before, so that the
// page is not encoded again.

enum class Ageing { kResized, kRedrawn, kExcerpt, kPooled, kDropped };

NLOHMANN_JSON_SERIALIZE_ENUM(
    Ageing,
    {{Ageing::kResized, "resized"},
     {Ageing::kRedrawn, "redrawn"},
     {Ageing::kExcerpt, "excerpt"},
     {Ageing::kPooled, "pooled"},
     {Ageing::kDropped, "dropped"}})

/// How the picture of a page in a mode is made; see Note [Ways to age a page].
struct AgeingConfig {
  /// "resized": the first picture, smaller. "redrawn": all text in smaller
  /// type. "excerpt": the rarest words, as many as fit. "pooled", "dropped":
  /// fewer vision tokens, means or a part of those of `from`.
  Ageing how = Ageing::kResized;

  /// Font size in px, 4 to 1000: for "excerpt" that on the picture that the
  /// model gets, for "redrawn" the smallest. 0 otherwise.
  double font_size_px = 0;

  /// Distance between two baselines as a multiple of the font size, for
  /// "redrawn" and "excerpt"; 0 for that of the page's style.
  double line_height = 0;

  /// For "pooled" and "dropped": the mode that the page is encoded in, with
  /// more vision tokens.
  std::string from;

  /// Whether the text is drawn again.
  bool draws() const {
    return how == Ageing::kRedrawn || how == Ageing::kExcerpt;
  }

  /// Whether the vision tokens of another mode become fewer.
  bool shrinks_tokens() const {
    return how == Ageing::kPooled || how == Ageing::kDropped;
  }
};

template <typename Visitor>
void visit_fields(Visitor&& visit, AgeingConfig& config) {
  visit("how", config.how);
  visit("font_size_px", config.font_size_px);
  visit("line_height", config.line_height);
  visit("from", config.from);
}

/// Throws `InputError` for a font size or a mode that has no effect or is
/// missing, and for numbers that are not finite or too small.
void validate(const AgeingConfig& config, const std::string& where);

/// By the name of a mode; other modes are resized.
using AgeingByMode = std::map<std::string, AgeingConfig>;

/// What a store keeps as the way in which a picture was made: "resized", or
/// JSON of another config. `pages` are the rows of the pages on the picture,
/// oldest first, if there are several; see Note [Merged pages]. `read_ageing`
/// and `read_merged_pages` are the inverse.
std::string ageing_text(
    const AgeingConfig& config,
    const std::vector<int64_t>& pages = {});
AgeingConfig read_ageing(const std::string& text, const std::string& where);

/// Empty for the picture of one page.
std::vector<int64_t> read_merged_pages(
    const std::string& text,
    const std::string& where);

/// A mode with a way that is not "resized" and the number of pages on the
/// picture, such as "nano-1 excerpt" or "nano-9 excerpt, 4 pages", for tables
/// of measured recall.
std::string aged_mode_name(
    const std::string& mode,
    const AgeingConfig& config,
    size_t num_pages = 1);

/// The same of a picture that a store has; `how` as of `ageing_text`.
std::string aged_mode_name(const std::string& mode, const std::string& how);

} // namespace microfiche::memory
