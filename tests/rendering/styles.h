#pragma once

#include "rendering/page_style.h"

#include <string>

namespace microfiche::rendering {

/// A small page with even margins of 4 px.
inline PageStyle
small_page(int64_t width_px, int64_t height_px, double font_size_px) {
  PageStyle style;
  style.page_width_px = width_px;
  style.page_height_px = height_px;
  style.margin_top_px = 4;
  style.margin_right_px = 4;
  style.margin_bottom_px = 4;
  style.margin_left_px = 4;
  style.font_size_px = font_size_px;
  style.line_height = 1.2;
  return style;
}

/// English, several scripts, ligatures, combining marks, code, long words,
/// tabs, every kind of line break and runs of blank lines.
inline std::string mixed_text() {
  return "It was the best of times, it was the worst of times.\n"
         "An efficient office: \xEF\xAC\x81rst, fluffy, affine.\r\n"
         "\r\n"
         "\tIndented\twith tabs,   and   runs of spaces.   \n"
         "\n\n\n"
         "Donaudampfschifffahrtselektrizit\xC3\xA4tenhauptbetriebswerkbauunter"
         "beamtengesellschaft without a hyphen, http://example.org/a/very/long/"
         "address?with=parameters&and=more-of-them\n"
         "\xCE\x95\xCE\xBB\xCE\xBB\xCE\xB7\xCE\xBD\xCE\xB9\xCE\xBA\xCE\xAC, "
         "\xD1\x80\xD1\x83\xD1\x81\xD1\x81\xD0\xBA\xD0\xB8\xD0\xB9, "
         "cafe\xCC\x81, \xE2\x82\xAC 12.50 \xE2\x80\x94 na\xC3\xAFve.\r"
         "Form\ffeed, line\xE2\x80\xA8separator, paragraph\xE2\x80\xA9"
         "end.\n"
         "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D \xD7\xA2\xD7\x95\xD7\x9C\xD7\x9D "
         "and English in one line, then "
         "\xD8\xB3\xD9\x84\xD8\xA7\xD9\x85 again.\n"
         "for (int i = 0; i < n; ++i) { sum += values[i]; }\n";
}

/// About `num_bytes` bytes of `mixed_text`, whole lines of it.
inline std::string long_text(size_t num_bytes) {
  std::string text;
  while (text.size() < num_bytes) {
    text += mixed_text();
  }
  return text;
}

} // namespace microfiche::rendering
