#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config.h"
#include "rendering/page_style.h"
#include "rendering/type_size.h"

namespace microfiche::sweep {

/// The look of a cell's pages. Without `layout`, a page is a square of the
/// mode's own size, in the largest type that fits. With `layout`, the page is
/// the same in every mode.
struct SweepStyle {
  /// Name of the style in the names of cells, without slashes; different for
  /// each style.
  std::string name = "plain";

  /// Font files or families; the pages of a cell alternate between them.
  std::vector<std::string> fonts = {"DejaVu Sans"};

  /// Each margin as a fraction of the page's side, from 0 to below 0.5.
  double margin = 0.02;

  /// Distance between two baselines as a multiple of the font size, 0.5 to 10.
  /// Not used with `sizes`.
  double line_height = 1.2;

  /// Type sizes from large to small: a page has the first in which its text
  /// fits. If empty, the largest size from `min_font_size_px` to
  /// `max_font_size_px` in which it fits.
  std::vector<rendering::TypeSize> sizes;

  /// Smallest font size in px, if `sizes` is empty. Text that does not fit at
  /// this size is cut.
  double min_font_size_px = 4;

  /// Largest font size in px, if `sizes` is empty.
  double max_font_size_px = 48;

  /// Whether the pairs of the condition `pairs` begin at the left edges of
  /// vision tokens, which needs `sizes` and monospaced fonts, instead of
  /// running over the lines.
  bool grid = false;

  /// Alignment of the lines; left and right are swapped in a right-to-left
  /// paragraph.
  rendering::Alignment alignment = rendering::Alignment::kLeft;

  /// Colour of the text, as "#rrggbb".
  std::string text_colour = "#000000";

  /// Colour of the paper, as "#rrggbb".
  std::string background_colour = "#ffffff";

  /// A page with its own size, margins, type and columns, instead of all fields
  /// above except the name. Text that does not fit is left out.
  std::optional<rendering::PageStyle> layout;

  /// Fields of this style with several values, by their path as in `--set`,
  /// such as "line_height" or "layout.dpi". The style expands to one style for
  /// each combination.
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
  visit("grid", style.grid);
  visit("alignment", style.alignment);
  visit("text_colour", style.text_colour);
  visit("background_colour", style.background_colour);
  visit("layout", style.layout);
  visit("vary", style.vary);
}

/// Throws `InputError`, naming the field, for invalid values.
void validate(const SweepStyle& style, const std::string& where);

/// All combinations of a style with `vary`, each with its values in its name;
/// the style itself if nothing varies. Throws `InputError`, which `where`
/// starts, for unknown fields and invalid values.
std::vector<SweepStyle> expand(
    const SweepStyle& style,
    const std::string& where);

/// The font files and families of a style.
std::vector<std::string> fonts_of(const SweepStyle& style);

} // namespace microfiche::sweep
