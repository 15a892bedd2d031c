#pragma once

#include "model/model_config.h"
#include "model/trained_on.h"
#include "page/page_image.h"
#include "page/resolution_mode.h"
#include "rendering/page_style.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::reading {

/// How texts become pages.
struct TextStyle {
  rendering::PageStyle style;

  /// Whether `set_text` chooses the largest font at which the whole text fits
  /// on one page.
  bool fits_font = false;
};

/// The style of `file`. Without a file, the page style that the model states it
/// reads (`trained_on.page_style`); without that, a square page of the mode's
/// global view with the largest font that fits.
///
/// Throws `InputError` for a file that is missing or is not a page style.
TextStyle find_text_style(
    const std::string& file,
    const model::ModelConfig& config,
    const page::ResolutionMode& mode);

/// A text on pages of one style.
struct TextPages {
  std::string text;
  rendering::PageStyle style;

  /// The byte at which each page begins.
  std::vector<int64_t> begins;

  /// The image of a page; `page` counts from 1.
  page::PageImage render(int64_t page) const;
};

/// Sets a text on pages. Messages start with `where`. Throws `InputError` for
/// text that is not UTF-8, has nothing to draw, has characters that the fonts
/// lack, or does not fit on one page where it must.
TextPages set_text(
    std::string text,
    const TextStyle& text_style,
    const std::string& where);

/// What `model::training_warnings` needs to know about a page of this style.
/// The result refers to `style`.
model::PageFacts page_facts(
    const rendering::PageStyle& style,
    const page::PageImage& image);

} // namespace microfiche::reading
