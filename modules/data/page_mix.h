#pragma once

#include "data/draw.h"
#include "data/random_text.h"
#include "data/text_kind.h"

#include "rendering/type_size.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::data {

/// The kind of that name. Throws `InputError`, which `where` starts, for an
/// unknown name.
TextKind text_kind(const std::string& name, const std::string& where = "texts");

/// How rendered pages differ from each other. A value with a range is drawn for
/// each page.
struct PageMixConfig {
  /// Resolution modes by name with their weights; without tiles. A page is a
  /// square of the mode's own side, so that nothing is resized.
  std::map<std::string, double> modes;

  /// Kinds of text with their weights: "corpus" (passages), "random_letters",
  /// "shuffled_words" (passages with the words in random order).
  std::map<std::string, double> texts = {
      {"corpus", 0.5},
      {"random_letters", 0.5}};

  /// Range of the characters on a page per vision token, drawn evenly in the
  /// logarithm. A page with wide words holds fewer than requested.
  Range characters_per_token = {4, 12};

  /// Font files or families; each page has one, drawn evenly.
  std::vector<std::string> fonts = {"DejaVu Sans"};

  /// Font sizes from large to small: a page has the first one in which its text
  /// fits. Empty for any size; then `font_size_px` or `fill` chooses it.
  std::vector<rendering::TypeSize> sizes;

  /// Range of the font size in px; not with `sizes`. It is drawn evenly in the
  /// logarithm up to the largest size at which the text is expected to fit. At
  /// the smallest size a page may hold less text than requested.
  std::optional<Range> font_size_px;

  /// Range of the font size as a fraction of the largest at which the text is
  /// expected to fit. Used if neither `sizes` nor `font_size_px` is given.
  Range fill = {0.85, 1.0};

  /// Range of each margin as a fraction of the page's side, 0 to 0.4.
  Range margin = {0.01, 0.04};

  /// Range of the distance between two baselines as a multiple of the font
  /// size. Not used with `sizes`, which have their own line distances.
  Range line_height = {1.15, 1.35};

  /// What the kind of text "random_letters" consists of.
  RandomLettersConfig letters;

  /// Range of the contrast of text and paper: 1 is black on white, 0 is grey on
  /// the same grey.
  Range contrast = {1, 1};

  /// Range of the rotation about the middle of the page, in degrees
  /// counter-clockwise, -45 to 45.
  Range rotation = {0, 0};

  /// Fraction of pages that are drawn larger than the mode's page and then
  /// resized to it, as the command `read` does. Font sizes are those after
  /// resizing.
  double resized = 0;

  /// Range of how many times larger the pages of `resized` are drawn, 1 to 8.
  Range resized_from = {1, 3};
};

/// The names of the modes that pages of the mix may have.
std::vector<std::string> mode_names(const PageMixConfig& config);

/// Throws `InputError` for invalid weights, ranges and fractions.
void validate(const PageMixConfig& config, const std::string& where);

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

} // namespace microfiche::data
