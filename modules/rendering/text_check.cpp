#include "rendering/text_check.h"

#include "core/error.h"
#include "rendering/text_layout.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <unordered_map>

namespace microfiche::rendering {
namespace {

bool is_space(gunichar character) {
  return g_unichar_isspace(character) || character == 0x85;
}

/// The line of a text on which a byte stands. Lines count from 1.
int64_t line_of(std::string_view text, int64_t byte) {
  return 1 + std::count(text.begin(), text.begin() + byte, '\n');
}

/// Decides which characters of a text the fonts can draw.
class DrawableCharacters {
 public:
  DrawableCharacters(const PageStyle& style, FontSet& fonts)
      : style_(style), fonts_(fonts) {
    for (gunichar character = 1; character < ascii_.size(); ++character) {
      ascii_[character] = is_space(character) || fonts_.has(character);
    }
  }

  /// Whether the fonts can draw `character`, which stands at byte `at`.
  bool contains(std::string_view text, size_t at, gunichar character) {
    if (character < ascii_.size()
            ? ascii_[character]
            : is_space(character) || fonts_.has(character)) {
      return true;
    }
    const auto [begin, end] = grapheme_at(text, at);
    if (begin < at || end > at + bytes_of(character)) {
      return can_lay_out(text, begin, end);
    }
    const auto [known, is_new] = alone_.try_emplace(character, false);
    if (is_new) {
      known->second = can_lay_out(text, begin, end);
    }
    return known->second;
  }

 private:
  static size_t bytes_of(gunichar character) {
    return static_cast<size_t>(g_unichar_to_utf8(character, nullptr));
  }

  /// The base character around byte `at` with the marks that combine with it.
  static std::pair<size_t, size_t> grapheme_at(
      std::string_view text,
      size_t at) {
    const auto combines = [&](size_t position) {
      return g_unichar_ismark(g_utf8_get_char(text.data() + position)) != FALSE;
    };
    size_t begin = at;
    while (begin > 0 && combines(begin)) {
      begin = static_cast<size_t>(
          g_utf8_prev_char(text.data() + begin) - text.data());
    }
    size_t end = at;
    do {
      next_character(text, end);
    } while (end < text.size() && combines(end));
    return {begin, end};
  }

  /// Whether Pango can make these bytes from other glyphs, or draws nothing.
  bool can_lay_out(std::string_view text, size_t begin, size_t end) {
    ParagraphLayout layout(fonts_);
    layout.lay_out(text, begin, end, style_);
    return pango_layout_get_unknown_glyphs_count(fonts_.layout()) == 0;
  }

  const PageStyle& style_;
  FontSet& fonts_;
  std::array<bool, 128> ascii_ = {};
  /// What is known of characters that combine with no other.
  std::unordered_map<gunichar, bool> alone_;
};

} // namespace

void check_utf8(std::string_view text, const std::string& where) {
  const char* bad = nullptr;
  if (g_utf8_validate(text.data(), static_cast<gssize>(text.size()), &bad) !=
      FALSE) {
    return;
  }
  const int64_t byte = bad - text.data();
  throw InputError(concat(
      where,
      ": byte ",
      byte,
      " (line ",
      line_of(text, byte),
      ") is ",
      *bad == '\0' ? "U+0000" : "not UTF-8",
      "; expected text in UTF-8"));
}

std::vector<UndrawableCharacter> find_undrawable(
    std::string_view text,
    int64_t max_count,
    const PageStyle& style,
    FontSet& fonts) {
  std::vector<UndrawableCharacter> found;
  DrawableCharacters drawable(style, fonts);
  for (size_t at = 0;
       at < text.size() && std::cmp_less(found.size(), max_count);) {
    const size_t begin = at;
    const gunichar character = next_character(text, at);
    if (!drawable.contains(text, begin, character)) {
      found.push_back(
          {static_cast<int64_t>(begin),
           static_cast<int64_t>(at),
           describe_character(character)});
    }
  }
  return found;
}

void check_glyphs(
    std::string_view text,
    const std::string& where,
    const PageStyle& style,
    FontSet& fonts) {
  bool visible = false;
  for (size_t at = 0; at < text.size() && !visible;) {
    visible = g_unichar_isgraph(next_character(text, at)) != FALSE;
  }
  check(visible, where, ": nothing in the text can be seen on a page");
  const auto undrawable =
      find_undrawable(text, std::numeric_limits<int64_t>::max(), style, fonts);
  if (undrawable.empty()) {
    return;
  }
  constexpr size_t kListed = 10;
  std::set<std::string> seen;
  std::string list;
  for (const auto& character : undrawable) {
    if (seen.insert(character.name).second && seen.size() <= kListed) {
      list += concat(
          list.empty() ? "" : ", ",
          character.name,
          " at byte ",
          character.byte_begin,
          " (line ",
          line_of(text, character.byte_begin),
          ")");
    }
  }
  if (seen.size() > kListed) {
    list += concat(" and ", seen.size() - kListed, " more");
  }
  std::string files;
  for (const auto& file : fonts.files()) {
    files += (files.empty() ? "" : ", ") + file;
  }
  throw InputError(concat(
      where,
      ": no glyph for ",
      list,
      " in ",
      files,
      "; name a font that has them in fallback_fonts"));
}

} // namespace microfiche::rendering
