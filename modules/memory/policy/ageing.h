#pragma once

#include "core/config.h"

#include <map>
#include <string>

namespace microfiche::memory {

// Note [Ways to age a page]
// All begin with the text of the page or its first picture, never with a
// picture that is aged already, and give the same number of positions:
//   resized  the first picture, made smaller
//   redrawn  all text, drawn again in the largest type with which it fits
//   excerpt  fewer words in type of a legible size: the words that are rare in
//            the conversation up to this page, in their order, behind the marks
//            of their turns, as many as fit

enum class Ageing { kResized, kRedrawn, kExcerpt };

NLOHMANN_JSON_SERIALIZE_ENUM(
    Ageing,
    {{Ageing::kResized, "resized"},
     {Ageing::kRedrawn, "redrawn"},
     {Ageing::kExcerpt, "excerpt"}})

/// How the picture of a page in a mode is made; see Note [Ways to age a page].
struct AgeingConfig {
  Ageing how = Ageing::kResized;

  /// Of an excerpt, the size of its type on the picture that the model gets; of
  /// a redrawn page, the smallest. 0 for a resized page.
  double font_size_px = 0;

  /// Distance of two baselines as a multiple of the font size; 0 for that of
  /// the page's style.
  double line_height = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, AgeingConfig& config) {
  visit("how", config.how);
  visit("font_size_px", config.font_size_px);
  visit("line_height", config.line_height);
}

/// Throws `InputError` for a font size that has no effect or is missing, and
/// for numbers that are not finite or too small.
void validate(const AgeingConfig& config, const std::string& where);

/// By the name of a mode; other modes are resized.
using AgeingByMode = std::map<std::string, AgeingConfig>;

/// What a store keeps as the way in which a picture was made: "resized", or
/// JSON of another config. `read_ageing` is the inverse.
std::string ageing_text(const AgeingConfig& config);
AgeingConfig read_ageing(const std::string& text, const std::string& where);

/// A mode with a way that is not "resized", such as "nano-1 excerpt", for
/// tables of measured recall.
std::string aged_mode_name(const std::string& mode, const AgeingConfig& config);

} // namespace microfiche::memory
