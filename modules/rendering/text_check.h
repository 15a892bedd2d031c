#pragma once

// Only for the sources of this module: it shows Pango's types.

#include "rendering/font_set.h"
#include "rendering/page_renderer.h"
#include "rendering/page_style.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::rendering {

/// Throws `InputError`, whose message starts with `where` and names the byte,
/// unless the text is UTF-8 without U+0000.
void check_utf8(std::string_view text, const std::string& where);

/// The characters of a UTF-8 text that the fonts cannot draw, in order, at most
/// `max_count`. `style` is in pixels, and `fonts` have its size.
std::vector<UndrawableCharacter> find_undrawable(
    std::string_view text,
    int64_t max_count,
    const PageStyle& style,
    FontSet& fonts);

/// Throws `InputError` for a UTF-8 text without a visible character, and for
/// one with characters that the fonts cannot draw: the message lists the first
/// ten of them with their bytes and lines.
void check_glyphs(
    std::string_view text,
    const std::string& where,
    const PageStyle& style,
    FontSet& fonts);

} // namespace microfiche::rendering
