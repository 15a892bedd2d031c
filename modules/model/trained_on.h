#pragma once

#include "core/config.h"
#include "page/resolution_mode.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace microfiche::model {

struct ModelConfig;

/// A size of type on the training pages, in pixels of the encoder's view.
struct TrainedTypeSize {
  /// Font size, in pixels of the encoder's view.
  double font_size_px = 0;

  /// Distance between two baselines, in pixels of the encoder's view.
  double line_distance_px = 0;
};

enum class Alphabet { kAny, kAscii };

NLOHMANN_JSON_SERIALIZE_ENUM(
    Alphabet,
    {{Alphabet::kAny, "any"}, {Alphabet::kAscii, "ascii"}})

/// `microfiche.trained_on` of config.json: the pages that the model saw in
/// training. An empty field sets no limit.
struct TrainedOn {
  /// Names of the resolution modes of the training pages.
  std::vector<std::string> modes;

  /// Font families on the training pages.
  std::vector<std::string> fonts;

  /// Sizes of type on the training pages: a list, or the ends of a range with
  /// `sizes_between`.
  std::vector<TrainedTypeSize> type_sizes;

  /// Whether `type_sizes` are the ends of a closed range rather than a list.
  bool sizes_between = false;

  /// English names of the languages, for people; nothing is checked.
  std::vector<std::string> languages;

  /// The characters on the training pages: "ascii", or "any" for no limit.
  Alphabet alphabet = Alphabet::kAny;

  /// Closed range of the characters on a page per vision token.
  std::optional<std::pair<double, double>> characters_per_vision_token;

  /// Whether the model answers questions about a page: the value of a key,
  /// straight from the vision tokens.
  bool questions = false;

  /// A page style that the model reads, which `render` uses if there is no
  /// `--style`; null for none.
  Json page_style;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, TrainedTypeSize& size) {
  visit("font_size_px", size.font_size_px);
  visit("line_distance_px", size.line_distance_px);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, TrainedOn& trained_on) {
  visit("modes", trained_on.modes);
  visit("fonts", trained_on.fonts);
  visit("type_sizes", trained_on.type_sizes);
  visit("sizes_between", trained_on.sizes_between);
  visit("languages", trained_on.languages);
  visit("alphabet", trained_on.alphabet);
  visit("characters_per_vision_token", trained_on.characters_per_vision_token);
  visit("questions", trained_on.questions);
  visit("page_style", trained_on.page_style);
}

/// Throws `InputError`, naming the field, for sizes that are not positive and
/// ranges whose ends are swapped.
void validate(const TrainedOn& trained_on, const std::string& where);

/// What is known of a page before it is read. Zero or empty: unknown.
struct PageFacts {
  int64_t width_px = 0;
  int64_t height_px = 0;

  /// Font family.
  std::string_view font;

  /// In pixels of the page, before it is fitted to the mode.
  double font_size_px = 0;
  double line_distance_px = 0;

  /// The text on the page, in UTF-8.
  std::string_view text;
};

/// Whether the model was trained in `mode`; true if its config does not say.
bool is_trained_mode(
    const ModelConfig& config,
    const page::ResolutionMode& mode);

/// One sentence for each way in which `mode` or the page lies outside
/// `trained_on`. Empty if it lies inside, or if the model does not say what it
/// was trained on. Without `page` only the mode is checked.
std::vector<std::string> training_warnings(
    const ModelConfig& config,
    const page::ResolutionMode& mode,
    const PageFacts& page = {});

} // namespace microfiche::model
