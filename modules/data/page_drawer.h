#pragma once

#include "data/batch_config.h"
#include "data/dataset_model.h"
#include "data/glyph_points.h"
#include "data/page_mix.h"

#include "core/random.h"
#include "rendering/page_renderer.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace microfiche::data {

/// A page with its text.
struct PageSample {
  /// Side of the page.
  int64_t side_px = 0;

  /// S x S luminances; training pages are black on white.
  std::vector<uint8_t> pixels;

  /// The page's lines with '\n' between them.
  std::string text;

  /// Characters on the page per vision token of the mode.
  double characters_per_token = 0;

  /// Font size on the page as the model gets it.
  double font_size_px = 0;

  std::vector<GlyphPoint> points;

  /// The position of each byte of `text` and of the end, as x and y in px.
  /// White space has a position after its previous character.
  std::vector<std::pair<float, float>> places;
};

/// Draws texts on pages whose look is drawn from a mix: font, size of type,
/// margins, contrast, rotation.
class PageDrawer {
 public:
  /// `batch` says how many points a page has. The mean width of a font's
  /// characters is measured on `sample_text`. Throws `InputError` as
  /// `DatasetModel::untiled_modes` does, and for an unknown font or one without
  /// all of ASCII.
  PageDrawer(
      PageMixConfig mix,
      const BatchConfig& batch,
      const DatasetModel& model,
      const std::string& sample_text);

  /// Draws running text. Of a text that does not fit, the page holds the
  /// beginning. `characters` is the length by which the font size is chosen,
  /// and `fill` replaces that of the mix.
  PageSample draw(
      const std::string& mode,
      const std::string& text,
      int64_t characters,
      const std::optional<Range>& fill,
      RandomStream& random) const;

  /// Draws short entries, each at the left edge of a vision token; a long one
  /// takes several tokens of its line. Of entries that do not fit, the page
  /// holds the first ones. Uses the monospaced fonts of the mix alone; throws
  /// `InputError` if there are none.
  PageSample draw_grid(
      const std::string& mode,
      const std::vector<std::string>& entries,
      RandomStream& random) const;

  /// Whether one of the fonts is monospaced.
  bool has_monospaced_font() const;

  /// Side of a page, and its vision tokens. Throws `InputError` for a mode that
  /// is not in the mix.
  int64_t side_px(const std::string& mode) const;
  int64_t vision_tokens(const std::string& mode) const;

 private:
  struct Font {
    std::string name;
    /// Mean advance of a character of English over the font size.
    double mean_advance = 0;
    /// The advance of every character over the font size; 0 for a proportional
    /// font.
    double fixed_advance = 0;
  };
  struct Look {
    rendering::PageStyle style;
    /// The drawn side over the mode's side.
    double enlarged = 1;
    Font font;
  };

  /// Throws `InputError` for a mode that is not in the mix.
  void check_mode(const std::string& mode) const;

  Look draw_look(
      const std::string& mode,
      const std::vector<Font>& fonts,
      RandomStream& random) const;
  PageSample finish(
      const std::string& mode,
      rendering::RenderedPage page,
      const Look& look,
      RandomStream& random) const;

  PageMixConfig mix_;
  int64_t points_per_page_;
  int64_t points_per_token_;
  double loose_points_;
  std::map<std::string, page::ResolutionMode> modes_;
  std::map<std::string, int64_t> vision_tokens_;
  int64_t pixels_per_token_;
  std::vector<Font> fonts_;
  std::vector<Font> monospaced_;
};

} // namespace microfiche::data
