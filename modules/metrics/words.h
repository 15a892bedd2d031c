#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace microfiche::metrics {

/// Whether the text has a Han character of U+4E00-9FA5, the range by which Fox
/// decides how a page is split into words.
bool has_han(std::u32string_view text);

/// The pieces between white space, as Python's `str.split()`.
std::vector<std::u32string> split_at_spaces(std::u32string_view text);

/// The words of Chinese text by ICU's dictionary (`root` locale); punctuation
/// marks are words, white space is not.
std::vector<std::u32string> split_by_dictionary(std::u32string_view text);

/// Whether the texts of a page are split by the dictionary: when either has Han
/// characters.
bool splits_by_dictionary(
    std::u32string_view reference,
    std::u32string_view prediction);

/// Both texts of a page split alike: by the dictionary where
/// `splits_by_dictionary`, at white space otherwise.
///
/// Source: ucaslcl/Fox, eval_ocr_test.py, which splits Chinese with jieba.
/// ICU's dictionary is another one, so Chinese word metrics are near Fox's, not
/// equal.
struct WordPair {
  WordPair(std::u32string_view reference, std::u32string_view prediction);

  std::vector<std::u32string> reference;
  std::vector<std::u32string> prediction;
};

/// The words of both texts as numbers, equal words alike, so that what compares
/// characters compares words as well.
struct WordNumbers {
  explicit WordNumbers(const WordPair& words);

  std::u32string reference;
  std::u32string prediction;
};

} // namespace microfiche::metrics
