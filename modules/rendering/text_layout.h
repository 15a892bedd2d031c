#pragma once

// Only for the sources of this module: it shows Pango's types.

#include "rendering/font_set.h"
#include "rendering/page_renderer.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::rendering {

/// A paragraph of a text: its content [begin, end) without the line break, and
/// the byte at which the next paragraph begins.
struct Paragraph {
  size_t begin = 0;
  size_t end = 0;
  size_t next = 0;
};

/// The paragraph that begins at byte `begin`. It ends at a line feed, carriage
/// return (with its line feed), vertical tab, form feed, U+0085, U+2028 or
/// U+2029.
Paragraph paragraph_from(std::string_view text, size_t begin);

/// Whether a paragraph begins at this byte.
bool begins_paragraph(std::string_view text, size_t at);

/// The direction of the paragraph around byte `at`: that of its first character
/// with a direction.
PangoDirection base_direction(std::string_view text, size_t at);

/// Decodes the character at a byte of valid UTF-8 and moves past it.
gunichar next_character(std::string_view text, size_t& at);

/// "U+00E9 \"é\"", or only the number for a character that is invisible alone.
std::string describe_character(gunichar character);

/// Moves `end` before white space and invisible characters, but not below
/// `begin`.
size_t trim_end(std::string_view text, size_t begin, size_t end);

/// Moves `begin` past white space and invisible characters, but not beyond
/// `end`.
size_t skip_space(std::string_view text, size_t begin, size_t end);

/// The glyphs of one font, placed on a page.
struct GlyphRun {
  cairo_scaled_font_t* font = nullptr;
  std::vector<cairo_glyph_t> glyphs;
};

/// The glyphs of a page and the boxes of its characters. The boxes count bytes
/// of the whole text.
struct PlacedGlyphs {
  std::vector<GlyphRun> runs;
  std::vector<GlyphBox> boxes;
};

/// Breaks a piece of one paragraph into lines with Pango and places their
/// glyphs.
class ParagraphLayout {
 public:
  explicit ParagraphLayout(FontSet& fonts) : fonts_(&fonts) {}

  /// Sets the direction of the paragraphs that follow.
  void set_direction(PangoDirection direction);

  /// Lays out bytes [begin, end) of the text, which lie inside one paragraph.
  /// `style` is in pixels.
  void lay_out(
      std::string_view text,
      size_t begin,
      size_t end,
      const PageStyle& style);

  struct Line {
    /// Bytes of the whole text, including white space at the end of the line.
    size_t begin = 0;
    size_t end = 0;
  };

  const std::vector<Line>& lines() const {
    return lines_;
  }

  /// Adds line `index` to `placed`. `left`, the left edge of its column, and
  /// `baseline` are in pixels. Throws `InputError` for a character that no font
  /// has.
  void place(
      size_t index,
      double left,
      double baseline,
      FontSet::Metrics metrics,
      int64_t line_of_page,
      PlacedGlyphs& placed) const;

 private:
  struct FreeIter {
    void operator()(PangoLayoutIter* iter) const {
      pango_layout_iter_free(iter);
    }
  };

  FontSet* fonts_;
  std::string_view text_;
  size_t begin_ = 0;
  std::vector<Line> lines_;
  std::vector<PangoLayoutLine*> pango_lines_;
  std::vector<int> left_edges_;
};

} // namespace microfiche::rendering
