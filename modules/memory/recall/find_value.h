#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::memory {

// Note [A key and its value in a text]
// A text states the value of a key in words: "The code of bafit is Rugumo." The
// value is the text after the key and a connecting word ("is", "are", "was",
// "were", "means" or one of ": = ->"), up to the end of the sentence: `.`, `,`,
// `;`, `!` or `?` before white space or the end, the mark of the next turn, or
// 64 words. "now" at either end of the value is left out. A key counts only as
// whole words, in any case, with any white space between its words. A key
// without a connecting word states something only if no place in the text has
// one: "bafit Rugumo". The last one counts, because later text is newer. The
// same rule reads exact text and text that a model read from a page, so that
// both make the same mistakes.

/// A text that values are found in, prepared once for many keys.
class ValueText {
 public:
  explicit ValueText(std::string_view text);

  /// The value of a key, with a connecting word or without one; see Note [A key
  /// and its value in a text]. None if the text does not state it.
  std::optional<std::string> find(std::string_view key, bool connected) const;

  /// Whether the text has these words as whole words, in any case.
  bool contains(std::string_view words) const;

 private:
  std::optional<std::string> value_at(size_t begin, bool connected) const;

  /// White space is one space; `folded_` is the same in lower case. ASCII
  /// letters alone change, so both have the same bytes.
  std::string text_;
  std::string folded_;
};

/// The byte at which a turn spells the value of a key: the first place of the
/// value after the key, else its first place. None if it is nowhere. The key
/// may be in another case.
std::optional<size_t> find_value_place(
    const std::string& text,
    const std::string& key,
    const std::string& value);

/// The text with one space for each run of white space, none at its ends.
std::string with_single_spaces(std::string_view text);

/// The key that a question asks for: the longest of the known keys that stands
/// in it as whole words. Without one, the question without its question words
/// ("What is the ... ?").
std::string find_key(
    std::string_view question,
    const std::vector<std::string>& keys);

} // namespace microfiche::memory
