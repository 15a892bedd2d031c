#include "data/entry_grid.h"

#include "rendering/page_renderer.h"

#include <algorithm>
#include <cmath>

namespace microfiche::data {
namespace {

/// Rounding of advances: eight characters of 7.995 px fill a token of 64 px.
constexpr double kSlackPx = 0.5;

int64_t longest_of(const std::vector<std::string>& entries) {
  size_t longest = 0;
  for (const auto& entry : entries) {
    longest = std::max(longest, entry.size());
  }
  return static_cast<int64_t>(longest);
}

} // namespace

double fixed_advance(const std::string& font) {
  rendering::PageStyle style;
  style.font = font;
  style.font_size_px = 32;
  style.page_width_px = 4096;
  const auto page = rendering::PageRenderer(style).render_first("iMn0.w");
  for (const auto& glyph : page.glyphs) {
    if (std::abs(glyph.width - page.glyphs[0].width) > 0.01F) {
      return 0;
    }
  }
  return page.glyphs[0].width / 32;
}

bool EntryGrid::fits(const std::vector<std::string>& entries) const {
  return columns(longest_of(entries)) * lines() >=
      static_cast<int64_t>(entries.size());
}

int64_t EntryGrid::start(int64_t column, int64_t longest) const {
  // The tokens that an entry and the space after it take.
  const double tokens = std::ceil(
      (static_cast<double>(longest + 1) * advance - kSlackPx) / token);
  return std::max<int64_t>(
      0,
      std::llround(
          (static_cast<double>(column) * tokens * token - margin_left) /
          advance));
}

int64_t EntryGrid::columns(int64_t longest) const {
  const double room = width - margin_left - margin_right + kSlackPx;
  int64_t count = 0;
  while (static_cast<double>(start(count, longest) + longest) * advance <=
         room) {
    ++count;
  }
  return count;
}

int64_t EntryGrid::lines() const {
  return std::max<int64_t>(
      0,
      static_cast<int64_t>(
          std::floor((height - margin_top - margin_bottom + kSlackPx) / line)));
}

std::string EntryGrid::text(const std::vector<std::string>& entries) const {
  const int64_t longest = longest_of(entries);
  // Too wide type breaks an entry; the page shows its beginning.
  const int64_t in_line = std::max<int64_t>(1, columns(longest));
  const int64_t count = std::min<int64_t>(
      static_cast<int64_t>(entries.size()),
      in_line * std::max<int64_t>(1, lines()));
  std::string text;
  std::string line_text;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t column = i % in_line;
    if (column == 0 && i > 0) {
      text += line_text + '\n';
      line_text.clear();
    }
    line_text.resize(
        std::max<size_t>(
            start(column, longest), line_text.size() + (column > 0 ? 1 : 0)),
        ' ');
    line_text += entries[i];
  }
  return text + line_text;
}

} // namespace microfiche::data
