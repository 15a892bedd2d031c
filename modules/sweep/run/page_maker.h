#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "conditions/text/text_condition.h"
#include "page/page_image.h"
#include "page/resolution_mode.h"
#include "rendering/page_renderer.h"
#include "sweep/run/content_cache.h"
#include "sweep/sweep_page.h"
#include "sweep/sweep_style.h"

namespace microfiche::sweep {

/// The colour of a style's empty page.
page::Colour background_of(const SweepStyle& style);

/// The first character of a text that a page of this style cannot draw.
std::optional<rendering::UndrawableCharacter> find_undrawable(
    const SweepStyle& style,
    const std::string& font,
    std::string_view text);

/// Draws text on pages and loads images. Keeps the most recent pages, so that
/// cells with the same pages draw them once.
class PageMaker {
 public:
  /// `counter` counts text tokens.
  explicit PageMaker(std::function<int64_t(std::string_view)> counter);

  /// A page of this style with as much of the text as fits.
  std::shared_ptr<const SweepPage> draw(
      const SweepStyle& style,
      const std::string& font,
      const page::ResolutionMode& mode,
      const conditions::PageText& text,
      int64_t pixels_per_token);

  /// The image in a file, as a page without a reference.
  std::shared_ptr<const SweepPage> load(const std::filesystem::path& file);

 private:
  const std::function<int64_t(std::string_view)> counter_;

  /// A hundred pages of 1024 px.
  ContentCache<std::shared_ptr<const SweepPage>> pages_{size_t{300} << 20};
};

} // namespace microfiche::sweep
