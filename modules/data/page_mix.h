#pragma once

#include "data/random_text.h"
#include "data/text_kind.h"

#include "core/random.h"
#include "rendering/type_size.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::data {

/// The kind of that name; the first kind for an unknown name.
TextKind text_kind(const std::string& name);

/// A closed range; a draw from it is even, or even in the logarithm where the
/// field says so.
using Range = std::pair<double, double>;

/// A draw from the range, even or even in the logarithm.
double draw_even(RandomStream& random, const Range& range);
double draw_log(RandomStream& random, const Range& range);

/// How pages differ from each other.
struct PageMixConfig {
  /// Resolution modes by name with their weights. A page is a square of the
  /// mode's own side, so that nothing is resized.
  std::map<std::string, double> modes;

  /// Kinds of text ("corpus", "random_letters", "shuffled_words") with their
  /// weights.
  std::map<std::string, double> texts = {
      {"corpus", 0.5},
      {"random_letters", 0.5}};

  /// Characters on the page per vision token, drawn evenly in the logarithm. A
  /// page with wide words holds fewer than requested.
  Range characters_per_token = {4, 12};

  /// Font files or families, drawn evenly.
  std::vector<std::string> fonts = {"DejaVu Sans"};

  /// Font sizes from large to small: a page has the first one in which its text
  /// fits. Empty for any size; then `font_size_px` or `fill` chooses it.
  std::vector<rendering::TypeSize> sizes;

  /// Any font size in this range, drawn evenly in the logarithm up to the
  /// largest at which the text is expected to fit. At the smallest size a page
  /// may hold less text than requested.
  std::optional<Range> font_size_px;

  /// Font size over the largest at which the text is expected to fit.
  Range fill = {0.85, 1.0};

  /// Each margin over the page's side.
  Range margin = {0.01, 0.04};

  /// Distance of two baselines over the font size.
  Range line_height = {1.15, 1.35};

  RandomLettersConfig letters;

  /// Contrast of text and paper: 1 is black on white, 0 is grey on grey.
  Range contrast = {1, 1};

  /// Degrees of rotation about the middle of the page, counter-clockwise.
  Range rotation = {0, 0};

  /// Fraction of pages that are drawn larger than the mode's page and then
  /// resized to it as `read` does, and how many times larger. Font sizes are
  /// those after resizing.
  double resized = 0;
  Range resized_from = {1, 3};
};

/// The names of the modes that pages of the mix may have.
std::vector<std::string> mode_names(const PageMixConfig& config);

/// A name drawn by its weight.
const std::string& draw_name(
    RandomStream& random,
    const std::map<std::string, double>& weights);

/// Throws `InputError` unless weights are finite, none is negative and one is
/// above 0.
void check_weights(
    const std::map<std::string, double>& weights,
    const char* field,
    const std::string& where);

/// Throws `InputError` for invalid weights, ranges and fractions.
void validate(const PageMixConfig& config, const std::string& where);

/// The size of a batch.
struct BatchConfig {
  /// Target characters, padding left out; the batch holds as many pages as fit,
  /// and at least one.
  int64_t characters = 4000;

  /// Most vision tokens of all its pages, which bounds the encoder's work.
  int64_t vision_tokens = 1 << 20;

  /// Pages of a batch differ in density by up to this factor.
  double density_spread = 1.15;

  /// Rows from files, which are prompt and answer, differ in their characters
  /// by up to this factor.
  double length_spread = 1.3;

  /// Points of a page at which the glyph heads predict the character: a fixed
  /// number, and so many more for each vision token of the page.
  int64_t points_per_page = 0;
  int64_t points_per_token = 0;

  /// Fraction of these that may fall anywhere on the page; the others fall on
  /// characters.
  double loose_points = 0.2;
};

void validate(const BatchConfig& config, const std::string& where);

template <typename Visitor>
void visit_fields(Visitor&& visit, PageMixConfig& config) {
  visit("modes", config.modes);
  visit("texts", config.texts);
  visit("characters_per_token", config.characters_per_token);
  visit("fonts", config.fonts);
  visit("sizes", config.sizes);
  visit("font_size_px", config.font_size_px);
  visit("fill", config.fill);
  visit("margin", config.margin);
  visit("line_height", config.line_height);
  visit("letters", config.letters);
  visit("contrast", config.contrast);
  visit("rotation", config.rotation);
  visit("resized", config.resized);
  visit("resized_from", config.resized_from);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, BatchConfig& config) {
  visit("characters", config.characters);
  visit("vision_tokens", config.vision_tokens);
  visit("density_spread", config.density_spread);
  visit("length_spread", config.length_spread);
  visit("points_per_page", config.points_per_page);
  visit("points_per_token", config.points_per_token);
  visit("loose_points", config.loose_points);
}

} // namespace microfiche::data
