#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::rendering {

// Note [Invisible characters]
// Soft hyphens, zero-width characters, byte order marks, direction marks and
// variation selectors leave no ink on a page. They may change how their
// neighbours are drawn, so they are laid out like any other character, but they
// belong to no reference: no reader can see them. Invisible are the characters
// with the property Default_Ignorable_Code_Point (Unicode 15,
// DerivedCoreProperties.txt). The joiners U+200C and U+200D choose the form of
// a letter in scripts such as Arabic and Devanagari; there they stay.

/// A text without its invisible characters; see Note [Invisible characters].
class VisibleText {
 public:
  /// `text` is UTF-8.
  explicit VisibleText(std::string_view text);

  const std::string& text() const {
    return text_;
  }

  /// The position in `text()` of a byte of the original text. A removed byte
  /// has the position of the next one that stays; a byte after the text has
  /// the position of its end.
  int64_t position(int64_t original_byte) const;

 private:
  /// Bytes [begin, end) of the original, and how many are removed before them.
  struct RemovedRange {
    int64_t begin = 0;
    int64_t end = 0;
    int64_t num_removed_before = 0;
  };

  std::string text_;
  std::vector<RemovedRange> removed_;
};

/// Whether the character never leaves ink on a page.
bool is_invisible(char32_t character);

} // namespace microfiche::rendering
