#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sweep/content_cache.h"
#include "sweep/sweep_style.h"
#include "page/page_image.h"
#include "page/resolution_mode.h"
#include "rendering/page_renderer.h"

namespace microfiche::sweep {

/// A page with text on it, and how long it took to make. One that was loaded is
/// a picture alone.
struct MadePage {
  rendering::RenderedPage page;
  double seconds = 0;
};

/// The colour of a style's empty page.
page::Colour background_of(const SweepStyle& style);

/// Sets text on pages and loads pictures. Keeps what it made last, so that
/// cells that share their pages draw them once.
class PageMaker {
 public:
  /// As much of the text as fits on a page of this style.
  std::shared_ptr<const MadePage> set(
      const SweepStyle& style,
      const std::string& font,
      const page::ResolutionMode& mode,
      const std::string& text);

  /// The picture in a file.
  std::shared_ptr<const MadePage> open(const std::filesystem::path& file);

 private:
  template <typename Make>
  std::shared_ptr<const MadePage> get(const std::string& key, const Make& make);

  /// A hundred pages of 1024 px.
  ContentCache<std::shared_ptr<const MadePage>> made_{size_t{300} << 20};
};

} // namespace microfiche::sweep
