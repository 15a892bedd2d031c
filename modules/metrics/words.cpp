#include "metrics/words.h"

#include <unicode/brkiter.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "core/error.h"
#include "core/utf8.h"
#include "metrics/white_space.h"

namespace microfiche::metrics {

bool has_han(std::u32string_view text) {
  return std::any_of(text.begin(), text.end(), [](char32_t c) {
    return c >= 0x4E00 && c <= 0x9FA5;
  });
}

std::vector<std::u32string> split_at_spaces(std::u32string_view text) {
  std::vector<std::u32string> words;
  for (size_t end = 0; end < text.size();) {
    size_t begin = end;
    while (begin < text.size() && is_space(text[begin])) {
      ++begin;
    }
    end = begin;
    while (end < text.size() && !is_space(text[end])) {
      ++end;
    }
    if (end > begin) {
      words.emplace_back(text.substr(begin, end - begin));
    }
  }
  return words;
}

std::vector<std::u32string> split_by_dictionary(std::u32string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> breaks(
      icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
  if (U_FAILURE(status)) {
    throw Error(
        ExitCode::kFailure,
        concat("ICU has no rules for word breaks: ", u_errorName(status)));
  }
  const auto utf16 = icu::UnicodeString::fromUTF32(
      reinterpret_cast<const UChar32*>(text.data()),
      static_cast<int32_t>(text.size()));
  breaks->setText(utf16);
  std::vector<std::u32string> words;
  int32_t begin = breaks->first();
  for (int32_t end = breaks->next(); end != icu::BreakIterator::DONE;
       begin = end, end = breaks->next()) {
    std::string utf8;
    utf16.tempSubStringBetween(begin, end).toUTF8String(utf8);
    auto word = decode_utf8(utf8).text;
    if (!std::all_of(word.begin(), word.end(), is_space)) {
      words.push_back(std::move(word));
    }
  }
  return words;
}

bool splits_by_dictionary(
    std::u32string_view reference,
    std::u32string_view prediction) {
  return has_han(reference) || has_han(prediction);
}

WordPair::WordPair(
    std::u32string_view reference_text,
    std::u32string_view prediction_text) {
  const auto split = splits_by_dictionary(reference_text, prediction_text)
      ? split_by_dictionary
      : split_at_spaces;
  reference = split(reference_text);
  prediction = split(prediction_text);
}

WordNumbers::WordNumbers(
    const std::vector<std::u32string>& reference_words,
    const std::vector<std::u32string>& prediction_words) {
  std::unordered_map<std::u32string_view, char32_t> numbers;
  const auto number = [&](const std::vector<std::u32string>& words) {
    std::u32string numbered;
    for (const auto& word : words) {
      const auto next = static_cast<char32_t>(numbers.size());
      numbered.push_back(numbers.try_emplace(word, next).first->second);
    }
    return numbered;
  };
  reference = number(reference_words);
  prediction = number(prediction_words);
}

} // namespace microfiche::metrics
