#include "memory/recall/find_value.h"

#include "core/utf8.h"
#include "memory/word_search.h"

#include <algorithm>
#include <array>

namespace microfiche::memory {
namespace {

/// Bounds a value whose end was misread.
constexpr size_t kMaxValueWords = 64;

constexpr std::array<std::string_view, 8> kConnectingWords =
    {"is", "are", "was", "were", "means", ":", "=", "->"};

/// Words that begin a question and say nothing of what is asked for.
constexpr std::array<std::string_view, 14> kQuestionWords = {
    "what",
    "what's",
    "which",
    "who",
    "where",
    "when",
    "tell",
    "me",
    "is",
    "are",
    "was",
    "were",
    "the",
    "of"};

bool is_space(char character) {
  return character == ' ' || (character >= '\t' && character <= '\r');
}

bool is_end_mark(char character) {
  return std::string_view(".,;!?").find(character) != std::string_view::npos;
}

/// Whether `[12 user` or `[12u` begins at `at`, perhaps with a misread digit.
bool begins_turn_mark(std::string_view text, size_t at) {
  return text[at] == '[' && at + 1 < text.size() && text[at + 1] >= '0' &&
      text[at + 1] <= '9';
}

/// Where a word of `text` that begins at `at` ends.
size_t end_of_word(std::string_view text, size_t at) {
  const size_t end = text.find(' ', at);
  return end == std::string_view::npos ? text.size() : end;
}

} // namespace

std::optional<size_t> find_value_place(
    const std::string& text,
    const std::string& key,
    const std::string& value) {
  const size_t of_key = in_lower_case(text).find(in_lower_case(key));
  size_t place = of_key == std::string::npos
      ? std::string::npos
      : text.find(value, of_key + key.size());
  if (place == std::string::npos) {
    place = text.find(value);
  }
  return place == std::string::npos ? std::nullopt : std::optional(place);
}

std::string with_single_spaces(std::string_view text) {
  std::string result;
  for (const char character : text) {
    if (!is_space(character)) {
      result += character;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  while (!result.empty() && result.back() == ' ') {
    result.pop_back();
  }
  return result;
}

ValueText::ValueText(std::string_view text)
    : text_(with_single_spaces(text)), folded_(in_lower_case(text_)) {}

std::optional<std::string> ValueText::find(std::string_view key, bool connected)
    const {
  const auto folded = in_lower_case(with_single_spaces(key));
  std::optional<std::string> newest;
  if (folded.empty()) {
    return newest;
  }
  for (size_t at = find_words(folded_, folded, 0); at != std::string_view::npos;
       at = find_words(folded_, folded, at + 1)) {
    if (auto value = value_at(at + folded.size(), connected)) {
      newest = std::move(value);
    }
  }
  return newest;
}

bool ValueText::contains(std::string_view words) const {
  return find_words(folded_, in_lower_case(with_single_spaces(words))) !=
      std::string_view::npos;
}

std::optional<std::string> ValueText::value_at(size_t begin, bool connected)
    const {
  const auto skip_space = [&] {
    while (begin < text_.size() && text_[begin] == ' ') {
      ++begin;
    }
  };
  /// Skips one of these words, whole.
  const auto skip_word = [&](std::string_view word) {
    const std::string_view rest = std::string_view(folded_).substr(begin);
    const bool found = rest.starts_with(word) &&
        (!is_word(word.back()) || rest.size() == word.size() ||
         !is_word(rest[word.size()]));
    if (found) {
      begin += word.size();
      skip_space();
    }
    return found;
  };
  skip_space();
  skip_word("now");
  const bool has_connection =
      std::any_of(kConnectingWords.begin(), kConnectingWords.end(), skip_word);
  if (has_connection != connected) {
    return std::nullopt;
  }
  skip_word("now");
  size_t end = begin;
  size_t num_words = 0;
  for (; end < text_.size(); ++end) {
    const bool last = end + 1 == text_.size() || text_[end + 1] == ' ';
    const bool stops = (is_end_mark(text_[end]) && last) ||
        begins_turn_mark(text_, end) ||
        (text_[end] == ' ' && ++num_words == kMaxValueWords);
    if (stops) {
      break;
    }
  }
  // "The time is 12:30 now."
  constexpr std::string_view kNow = " now";
  if (std::string_view(folded_).substr(begin, end - begin).ends_with(kNow)) {
    end -= kNow.size();
  }
  const auto value = strip(std::string_view(text_).substr(begin, end - begin));
  return value.empty() ? std::nullopt : std::optional(std::string(value));
}

std::string find_key(
    std::string_view question,
    const std::vector<std::string>& keys) {
  const auto text = with_single_spaces(question);
  const auto folded = in_lower_case(text);
  std::string best;
  for (const auto& key : keys) {
    const auto part = in_lower_case(with_single_spaces(key));
    if (!part.empty() && part.size() > best.size() &&
        find_words(folded, part, 0) != std::string_view::npos) {
      best = part;
    }
  }
  if (!best.empty()) {
    return best;
  }
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = end_of_word(text, begin);
    const auto word = std::string_view(folded).substr(begin, end - begin);
    if (std::find(kQuestionWords.begin(), kQuestionWords.end(), word) ==
        kQuestionWords.end()) {
      break;
    }
    begin = std::min(end + 1, text.size());
  }
  size_t end = text.size();
  while (end > begin && (is_end_mark(text[end - 1]) || text[end - 1] == ' ')) {
    --end;
  }
  return text.substr(begin, end - begin);
}

} // namespace microfiche::memory
