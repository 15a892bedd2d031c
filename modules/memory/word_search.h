#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::memory {

/// Part of a word: an ASCII letter or digit, `_`, or any byte beyond ASCII.
bool is_word(char character);

/// The same bytes with ASCII letters in lower case.
std::string in_lower_case(std::string text);

/// The parts between white space.
std::vector<std::string> split_words(const std::string& text);

/// The first place of `part` as whole words in `text` from `at` on; npos
/// without one.
size_t find_words(std::string_view text, std::string_view part, size_t at = 0);

} // namespace microfiche::memory
