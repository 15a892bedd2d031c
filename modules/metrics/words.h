#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace microfiche::metrics {

/// Whether the text has a Han character of U+4E00-9FA5, the range that Fox uses
/// to decide how a page is split into words.
bool has_han(std::u32string_view text);

/// Splits at white space, as Python's `str.split()`.
std::vector<std::u32string> split_at_spaces(std::u32string_view text);

/// Splits Chinese text into words by ICU's dictionary (`root` locale).
/// Punctuation marks are words, white space is not.
std::vector<std::u32string> split_by_dictionary(std::u32string_view text);

/// Whether a page is split by the dictionary: if either text has Han
/// characters.
bool splits_by_dictionary(
    std::u32string_view reference,
    std::u32string_view prediction);

/// The words of both texts of a page: by the dictionary if
/// `splits_by_dictionary`, else split at white space.
///
/// Source: ucaslcl/Fox, eval_ocr_test.py, which splits Chinese with jieba.
/// ICU uses another dictionary, so Chinese word metrics are close to Fox's but
/// not equal.
struct WordPair {
  WordPair(std::u32string_view reference, std::u32string_view prediction);

  std::vector<std::u32string> reference;
  std::vector<std::u32string> prediction;
};

/// The words of both texts as numbers, so that functions on characters also
/// work on words. Equal words have equal numbers.
struct WordNumbers {
  WordNumbers(
      const std::vector<std::u32string>& reference_words,
      const std::vector<std::u32string>& prediction_words);

  std::u32string reference;
  std::u32string prediction;
};

} // namespace microfiche::metrics
