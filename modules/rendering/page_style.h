#pragma once

#include "core/config.h"
#include "page/page_image.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::rendering {

enum class Alignment { kLeft, kCenter, kRight, kJustify };

NLOHMANN_JSON_SERIALIZE_ENUM(
    Alignment,
    {{Alignment::kLeft, "left"},
     {Alignment::kCenter, "center"},
     {Alignment::kRight, "right"},
     {Alignment::kJustify, "justify"}})

/// How text is laid out on a page.
///
/// Lengths are in px as in CSS, 96 per inch; `dpi` is the number of pixels per
/// inch. At 96 dpi, the default, a px is a pixel. At 192 dpi the same page has
/// twice as many pixels on each side. A point is 4/3 px.
struct PageStyle {
  /// Paper size, upright: "a3", "a4", "a5", "letter" or "legal". If empty,
  /// `page_width_px` and `page_height_px` set the size.
  std::string paper;

  /// Width of the page in px; not with `paper`.
  int64_t page_width_px = 1024;

  /// Height of the page in px; not with `paper`.
  int64_t page_height_px = 1448;

  /// Top margin in px.
  double margin_top_px = 64;

  /// Right margin in px.
  double margin_right_px = 64;

  /// Bottom margin in px.
  double margin_bottom_px = 64;

  /// Left margin in px.
  double margin_left_px = 64;

  /// A font file, or the family of an installed font.
  std::string font = "DejaVu Sans";

  /// Fonts for characters that `font` lacks, in order of preference.
  std::vector<std::string> fallback_fonts;

  /// Font size in px, 1 to 1000.
  double font_size_px = 18;

  /// Distance between two baselines as a multiple of the font size, 0.5 to 10.
  double line_height = 1.3;

  /// Extra space after each paragraph in px; a paragraph ends at a line break
  /// of the text.
  double paragraph_spacing_px = 0;

  /// Indent of the first line of each paragraph in px.
  double first_line_indent_px = 0;

  /// Alignment of the lines; left and right are swapped in a right-to-left
  /// paragraph.
  Alignment alignment = Alignment::kLeft;

  /// Columns of text, 1 to 64.
  int64_t columns = 1;

  /// Space between two columns in px.
  double column_gap_px = 32;

  /// Colour of the text, as "#rrggbb".
  std::string text_colour = "#000000";

  /// Colour of the paper, as "#rrggbb".
  std::string background_colour = "#ffffff";

  /// Pixels per inch of the image, 8 to 2400. It scales all lengths: a px is
  /// 1/96 inch.
  double dpi = 96;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, PageStyle& style) {
  visit("paper", style.paper);
  visit("page_width_px", style.page_width_px);
  visit("page_height_px", style.page_height_px);
  visit("margin_top_px", style.margin_top_px);
  visit("margin_right_px", style.margin_right_px);
  visit("margin_bottom_px", style.margin_bottom_px);
  visit("margin_left_px", style.margin_left_px);
  visit("font", style.font);
  visit("fallback_fonts", style.fallback_fonts);
  visit("font_size_px", style.font_size_px);
  visit("line_height", style.line_height);
  visit("paragraph_spacing_px", style.paragraph_spacing_px);
  visit("first_line_indent_px", style.first_line_indent_px);
  visit("alignment", style.alignment);
  visit("columns", style.columns);
  visit("column_gap_px", style.column_gap_px);
  visit("text_colour", style.text_colour);
  visit("background_colour", style.background_colour);
  visit("dpi", style.dpi);
}

/// Throws `InputError`, whose message starts with `where`, for a style that
/// leaves no room for text, and for a page size given twice.
void validate(const PageStyle& style, const std::string& where);

/// Converts every length to pixels. In the result `dpi` is 96 and `paper` is
/// empty.
PageStyle in_pixels(const PageStyle& style);

/// Width of one column, in the style's px.
double column_width(const PageStyle& style);

/// Reads "#rrggbb". Throws `InputError`, whose message starts with `where`.
page::Colour parse_colour(const std::string& text, const std::string& where);

} // namespace microfiche::rendering
