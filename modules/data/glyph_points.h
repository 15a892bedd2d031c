#pragma once

#include "core/random.h"
#include "rendering/page_renderer.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace microfiche::data {

/// A point of a page and the character at it.
struct GlyphPoint {
  /// `label` of a point without a character.
  static constexpr int64_t kBlank = 256;
  static constexpr int64_t kNumLabels = 257;

  float x_px = 0;
  float y_px = 0;
  /// First byte of the character, or `kBlank`.
  int64_t label = kBlank;
};

/// Draws `count` points in the middle of characters of `page`, a fraction
/// `loose` of them anywhere on it. The page is a square.
std::vector<GlyphPoint> draw_points(
    RandomStream& random,
    const rendering::RenderedPage& page,
    int64_t count,
    double loose);

/// The position of each byte of the page's lines and of the end, as x and y in
/// px. White space has a position after its previous character.
std::vector<std::pair<float, float>> places_of(
    const rendering::RenderedPage& page);

} // namespace microfiche::data
