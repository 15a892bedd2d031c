#include "data/glyph_points.h"

#include "core/utf8.h"

#include <algorithm>
#include <string>

namespace microfiche::data {
namespace {

int64_t label_at(const rendering::RenderedPage& page, float x_px, float y_px) {
  for (const auto& glyph : page.glyphs) {
    if (x_px >= glyph.x && x_px < glyph.x + glyph.width && y_px >= glyph.y &&
        y_px < glyph.y + glyph.height) {
      return static_cast<uint8_t>(page.text[glyph.byte_begin]);
    }
  }
  return GlyphPoint::kBlank;
}

} // namespace

std::vector<GlyphPoint> draw_points(
    RandomStream& random,
    const rendering::RenderedPage& page,
    int64_t count,
    double loose) {
  std::vector<GlyphPoint> points(count);
  const auto side = static_cast<float>(page.image.width);
  // The last pixel's centre: a point belongs to a vision token of the page.
  const float last = side - 0.5F;
  for (auto& point : points) {
    if (random.uniform() < loose) {
      point.x_px = static_cast<float>(random.uniform()) * last;
      point.y_px = static_cast<float>(random.uniform()) * last;
      point.label = label_at(page, point.x_px, point.y_px);
    } else {
      const auto& glyph = random.pick(page.glyphs);
      // The middle half of its box, where nothing of a neighbour is drawn.
      point.x_px = std::clamp(
          glyph.x +
              glyph.width * static_cast<float>(random.uniform(0.25, 0.75)),
          0.0F,
          last);
      point.y_px = std::clamp(
          glyph.y +
              glyph.height * static_cast<float>(random.uniform(0.25, 0.75)),
          0.0F,
          last);
      point.label = static_cast<uint8_t>(page.text[glyph.byte_begin]);
    }
  }
  return points;
}

std::vector<std::pair<float, float>> places_of(
    const rendering::RenderedPage& page) {
  const float last = static_cast<float>(page.image.width) - 0.5F;
  std::vector<std::pair<float, float>> places;
  size_t glyph = 0;
  std::pair<float, float> behind = {0.0F, 0.0F};
  for (const char byte : page.lines_text) {
    const auto code = static_cast<unsigned char>(byte);
    const bool continues = continues_code_point(byte);
    if (code > ' ' && !continues && glyph < page.glyphs.size()) {
      const auto& box = page.glyphs[glyph++];
      const float y = std::clamp(box.y + box.height / 2, 0.0F, last);
      places.emplace_back(std::clamp(box.x + box.width / 2, 0.0F, last), y);
      behind = {std::clamp(box.x + box.width + 1, 0.0F, last), y};
    } else if (continues) {
      places.push_back(places.back());
    } else {
      places.push_back(behind);
    }
  }
  places.push_back(behind);
  return places;
}

} // namespace microfiche::data
