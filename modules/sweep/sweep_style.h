#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config.h"
#include "rendering/page_style.h"
#include "rendering/type_size.h"

namespace microfiche::sweep {

/// How the pages of a cell look: either a square of the mode's own size, filled
/// with type as large as fits, whose lengths are fractions of the page's side;
/// or, with `layout`, a page that is the same in every mode.
struct SweepStyle {
  std::string name = "plain";

  /// Font files or families; the pages of a cell take them in turn.
  std::vector<std::string> fonts = {"DejaVu Sans"};

  double margin = 0.02;

  /// Distance of two baselines over the font size.
  double line_height = 1.2;

  /// Sizes in which type comes, from large to small: a page has the first in
  /// which its text fits. Where there are none, type comes in any size within
  /// the bounds that follow, at `line_height`.
  std::vector<rendering::TypeSize> sizes;

  /// Bounds of the font size; within them the largest at which the page's text
  /// fits.
  double min_font_size_px = 4;
  double max_font_size_px = 48;

  rendering::Alignment alignment = rendering::Alignment::kLeft;

  /// "#rrggbb".
  std::string text_colour = "#000000";
  std::string background_colour = "#ffffff";

  /// A page of its own size, margins, type and columns, in place of all of the
  /// above but the name. Text that does not fit is left out.
  std::optional<rendering::PageStyle> layout;

  /// Fields of this style that take several values, by the path that `--set`
  /// would name them with, such as "line_height" or "layout.dpi": the style
  /// stands for one of every combination.
  std::map<std::string, std::vector<Json>> vary;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, SweepStyle& style) {
  visit("name", style.name);
  visit("fonts", style.fonts);
  visit("margin", style.margin);
  visit("line_height", style.line_height);
  visit("sizes", style.sizes);
  visit("min_font_size_px", style.min_font_size_px);
  visit("max_font_size_px", style.max_font_size_px);
  visit("alignment", style.alignment);
  visit("text_colour", style.text_colour);
  visit("background_colour", style.background_colour);
  visit("layout", style.layout);
  visit("vary", style.vary);
}

/// Throws `InputError`, naming the field, for values that make no sense.
void validate(const SweepStyle& style, const std::string& where);

/// The styles that one with `vary` stands for, each with its values in its
/// name; the style itself where nothing varies. Throws `InputError`, which
/// `where` starts, for fields that a style lacks or values that they cannot
/// take.
std::vector<SweepStyle> expand(
    const SweepStyle& style,
    const std::string& where);

/// The font files and families that a style takes in turn.
std::vector<std::string> fonts_of(const SweepStyle& style);

} // namespace microfiche::sweep
