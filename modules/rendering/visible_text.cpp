#include "rendering/visible_text.h"

#include "rendering/text_layout.h"

#include <algorithm>
#include <array>

namespace microfiche::rendering {
namespace {

struct CharacterRange {
  char32_t first;
  char32_t last;
};

// Default_Ignorable_Code_Point, in ascending order.
constexpr std::array<CharacterRange, 17> kInvisible = {{
    {0x00AD, 0x00AD},
    {0x034F, 0x034F},
    {0x061C, 0x061C},
    {0x115F, 0x1160},
    {0x17B4, 0x17B5},
    {0x180B, 0x180F},
    {0x200B, 0x200F},
    {0x202A, 0x202E},
    {0x2060, 0x206F},
    {0x3164, 0x3164},
    {0xFE00, 0xFE0F},
    {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFF8},
    {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A},
    {0xE0000, 0xE0FFF},
}};

bool is_joiner(char32_t character) {
  return character == 0x200C || character == 0x200D;
}

/// Whether a joiner after this character may change the form of a letter.
bool has_joining_forms(char32_t character) {
  switch (g_unichar_get_script(character)) {
    case G_UNICODE_SCRIPT_LATIN:
    case G_UNICODE_SCRIPT_GREEK:
    case G_UNICODE_SCRIPT_CYRILLIC:
      return false;
    default:
      return character >= 0x80;
  }
}

} // namespace

bool is_invisible(char32_t character) {
  const auto* const range = std::lower_bound(
      kInvisible.begin(),
      kInvisible.end(),
      character,
      [](const CharacterRange& one, char32_t value) {
        return one.last < value;
      });
  return range != kInvisible.end() && range->first <= character;
}

VisibleText::VisibleText(std::string_view text) {
  text_.reserve(text.size());
  char32_t previous = 0;
  int64_t num_removed = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t character = next_character(text, at);
    const bool removed = is_invisible(character) &&
        !(is_joiner(character) && has_joining_forms(previous));
    if (!removed) {
      text_ += text.substr(begin, at - begin);
      previous = character;
      continue;
    }
    removed_.push_back(
        {static_cast<int64_t>(begin), static_cast<int64_t>(at), num_removed});
    num_removed += static_cast<int64_t>(at - begin);
  }
}

int64_t VisibleText::position(int64_t original_byte) const {
  // The first range that begins at or after the byte.
  const auto after = std::lower_bound(
      removed_.begin(),
      removed_.end(),
      original_byte,
      [](const RemovedRange& range, int64_t byte) {
        return range.begin < byte;
      });
  int64_t position = original_byte;
  if (after != removed_.begin()) {
    const RemovedRange& range = *(after - 1);
    position -= range.num_removed_before + std::min(original_byte, range.end) -
        range.begin;
  }
  return std::min(position, static_cast<int64_t>(text_.size()));
}

} // namespace microfiche::rendering
