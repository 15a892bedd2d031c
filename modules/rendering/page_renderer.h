#pragma once

#include "page/page_image.h"
#include "rendering/page_style.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::rendering {

/// The position of a character on its page.
struct GlyphBox {
  /// The character's bytes, [begin, end) of the page's text.
  int64_t byte_begin = 0;
  int64_t byte_end = 0;

  /// Its visual line, counted from 0 through all columns.
  int64_t line = 0;

  /// Its advance box in pixels of the page: as wide as its advance, from the
  /// ascent to the descent of the font.
  float x = 0;
  float y = 0;
  float width = 0;
  float height = 0;
};

/// A character that the fonts of a style cannot draw.
struct UndrawableCharacter {
  /// Its bytes, [byte_begin, byte_end) of the text.
  int64_t byte_begin = 0;
  int64_t byte_end = 0;

  /// Its number and, if it can be shown, the character: U+4E16 "世".
  std::string name;
};

/// One page with what is on it.
struct RenderedPage {
  page::PageImage image;

  /// What is drawn on the page: bytes [source_begin, source_end) of the source
  /// without invisible characters, see Note [Invisible characters]. White space
  /// around a page break belongs to no page. Every other character stands on
  /// exactly one page.
  std::string text;
  int64_t source_begin = 0;
  int64_t source_end = 0;

  /// The same text, with '\n' in place of the white space at the end of every
  /// visual line. The last line has no '\n'.
  std::string lines_text;

  double font_size_px = 0;

  /// A box for each character of `text` that is not white space, in order.
  /// The characters of a ligature share its width evenly.
  std::vector<GlyphBox> glyphs;
};

/// Renders text on pages of one style.
///
/// The same text and style give the same bytes in every run and thread, given
/// the same library versions and font files (`rendering_provenance`). Glyphs
/// are drawn unhinted, in grey, at whole pixels.
///
/// Only one thread at a time may use a renderer; several threads may use one
/// each. Fonts come from a pool, so a renderer for another style is cheap.
class PageRenderer {
 public:
  /// Throws `InputError` for a style that fails `validate`, or whose fonts are
  /// missing, bitmap or colour fonts.
  explicit PageRenderer(const PageStyle& style);
  PageRenderer(PageRenderer&& other) noexcept;
  PageRenderer& operator=(PageRenderer&& other) noexcept;
  ~PageRenderer();

  /// Renders the whole text. Lines break at white space, where Unicode allows
  /// it, and inside a word that is wider than its column. Blank lines at the
  /// top of a page are left out.
  ///
  /// Throws `InputError` for text that is not UTF-8, has no visible character,
  /// or has characters that the fonts cannot draw.
  std::vector<RenderedPage> render(std::string_view text) const;

  /// Renders as much of the text as fits one page, and lays out little more.
  RenderedPage render_first(std::string_view text) const;

  /// Renders the page that begins at byte `begin` of a text that passed
  /// `check_text`; none when only white space is left. Use it for a text of
  /// many pages, one at a time.
  std::optional<RenderedPage> render_next(std::string_view text, int64_t begin)
      const;

  /// Throws `InputError`, whose message starts with `where`, for a text that
  /// `render` refuses; renders nothing. It lists the first ten characters that
  /// the fonts cannot draw.
  void check_text(std::string_view text, const std::string& where) const;

  /// The characters of a text that the fonts cannot draw, in order, at most
  /// `max_count`. Renders nothing. Throws `InputError` for text that is not
  /// UTF-8.
  std::vector<UndrawableCharacter> find_undrawable(
      std::string_view text,
      int64_t max_count = 1) const;

 private:
  friend double fit_font_size(
      const PageStyle& style,
      std::string_view text,
      double min_px,
      double max_px);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The largest font size at which the whole text fits one page: a multiple of
/// 0.25 px in [min_px, max_px]. Throws `InputError` when the text does not fit
/// at `min_px`.
double fit_font_size(
    const PageStyle& style,
    std::string_view text,
    double min_px,
    double max_px);

} // namespace microfiche::rendering
