#include "data/questions.h"

#include "core/utf8.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace microfiche::data {
namespace {

bool is_white(char byte) {
  return byte == ' ' || byte == '\n';
}

/// The shortest beginning of `line` in the range of lengths that is nowhere
/// else in `text`, as a number of bytes; none if all are.
std::optional<size_t> unique_prefix(
    std::string_view line,
    std::string_view text,
    const Counts& lengths) {
  for (auto length = static_cast<size_t>(lengths.first);
       length <= static_cast<size_t>(lengths.second) && length < line.size();
       ++length) {
    if (is_white(line[length - 1]) || continues_code_point(line[length])) {
      continue;
    }
    const auto prefix = line.substr(0, length);
    const size_t found = text.find(prefix);
    if (text.find(prefix, found + 1) == std::string_view::npos) {
      return length;
    }
  }
  return std::nullopt;
}

/// The question about the line [begin, end) of a page, if there is one.
std::optional<Question> question_about_line(
    std::string_view text,
    size_t begin,
    size_t end,
    const Counts& lengths) {
  const auto line = text.substr(begin, end - begin);
  const auto length = unique_prefix(line, text, lengths);
  if (!length) {
    return std::nullopt;
  }
  size_t rest = *length;
  while (rest < line.size() && is_white(line[rest])) {
    ++rest;
  }
  if (rest == line.size()) {
    return std::nullopt;
  }
  Question question;
  question.asked = line.substr(0, *length);
  question.answer = line.substr(rest);
  question.bytes.resize(question.answer.size());
  std::iota(
      question.bytes.begin(),
      question.bytes.end(),
      static_cast<int64_t>(begin + rest));
  return question;
}

} // namespace

std::vector<std::vector<int64_t>> bytes_of_values(
    const std::vector<Pair>& pairs,
    std::string_view separator,
    std::string_view page_text) {
  // Line breaks stand in place of other white space; everything else is the
  // same in the same order.
  std::vector<int64_t> inked;
  for (size_t i = 0; i < page_text.size(); ++i) {
    if (!is_white(page_text[i])) {
      inked.push_back(static_cast<int64_t>(i));
    }
  }
  const auto num_inked = [](std::string_view text) {
    return static_cast<size_t>(std::count_if(
        text.begin(), text.end(), [](char byte) { return !is_white(byte); }));
  };
  std::vector<std::vector<int64_t>> bytes(pairs.size());
  size_t at = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    at += num_inked(pairs[i].key);
    const size_t end = at + num_inked(pairs[i].value);
    if (end > inked.size()) {
      break;
    }
    bytes[i].assign(
        inked.begin() + static_cast<std::ptrdiff_t>(at),
        inked.begin() + static_cast<std::ptrdiff_t>(end));
    at = end + num_inked(separator);
  }
  return bytes;
}

std::vector<Question> draw_pair_questions(
    const std::vector<std::vector<Pair>>& pairs,
    const std::vector<std::vector<std::vector<int64_t>>>& bytes,
    int64_t count,
    const QuestionMixConfig& mix,
    RandomStream& random) {
  std::vector<Pair> all;
  std::vector<Question> stated;
  for (size_t page = 0; page < pairs.size(); ++page) {
    for (size_t i = 0; i < pairs[page].size(); ++i) {
      const auto& pair = pairs[page][i];
      all.push_back(pair);
      if (bytes[page][i].empty()) {
        continue;
      }
      Question question{
          pair.key, pair.value, static_cast<int64_t>(page), bytes[page][i]};
      const auto earlier =
          std::find_if(stated.begin(), stated.end(), [&](const Question& one) {
            return one.asked == pair.key;
          });
      if (earlier != stated.end()) {
        *earlier = std::move(question);
      } else {
        stated.push_back(std::move(question));
      }
    }
  }
  random.shuffle(stated);
  std::vector<Question> questions;
  while (static_cast<int64_t>(questions.size()) < count) {
    if (random.uniform() < mix.not_stated ||
        (stated.empty() && questions.empty())) {
      questions.push_back({draw_new_key(all, mix.pairs, random), kNotStated});
    } else if (stated.empty()) {
      break;
    } else {
      questions.push_back(std::move(stated.back()));
      stated.pop_back();
    }
  }
  return questions;
}

std::vector<Question> draw_line_questions(
    std::string_view page_text,
    std::string_view other_text,
    int64_t count,
    const QuestionMixConfig& mix,
    RandomStream& random) {
  std::vector<Question> about_lines;
  for (size_t begin = 0; begin < page_text.size();) {
    const size_t end = std::min(page_text.find('\n', begin), page_text.size());
    if (auto question =
            question_about_line(page_text, begin, end, mix.prefix_characters)) {
      about_lines.push_back(std::move(*question));
    }
    begin = end + 1;
  }
  random.shuffle(about_lines);
  std::vector<Question> questions;
  while (static_cast<int64_t>(questions.size()) < count &&
         !about_lines.empty()) {
    if (!other_text.empty() && random.uniform() < mix.not_stated) {
      const size_t begin = random.below(other_text.size());
      const auto length = static_cast<size_t>(random.between(
          mix.prefix_characters.first, mix.prefix_characters.second));
      const auto prefix = other_text.substr(begin, length);
      const bool usable = prefix.size() == length && !is_white(prefix[0]) &&
          !is_white(prefix.back()) && !continues_code_point(prefix[0]) &&
          (begin + length == other_text.size() ||
           !continues_code_point(other_text[begin + length]));
      if (usable && page_text.find(prefix) == std::string_view::npos) {
        questions.push_back({std::string(prefix), kNotStated});
      }
    } else {
      questions.push_back(std::move(about_lines.back()));
      about_lines.pop_back();
    }
  }
  return questions;
}

} // namespace microfiche::data
