#pragma once

#include "data/pairs.h"
#include "data/question_mix.h"

#include "core/random.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::data {

/// A question about pages, with its answer; see Note [Questions about a page].
struct Question {
  /// A key or the beginning of a line.
  std::string asked;

  /// The value or the rest of the line, or `kNotStated`.
  std::string answer;

  /// The page with the answer, from the oldest, and the bytes of the page's
  /// text where the answer's bytes stand; without them for `kNotStated`.
  int64_t page = 0;
  std::vector<int64_t> bytes = {};
};

/// Where the values of pairs stand on a page that shows the pairs in order,
/// with nothing but `separator` and white space between them: for each pair the
/// bytes of `page_text`, or nothing if the pair is not wholly on the page.
std::vector<std::vector<int64_t>> bytes_of_values(
    const std::vector<Pair>& pairs,
    std::string_view separator,
    std::string_view page_text);

/// Up to `count` questions in random order about distinct keys of the pages,
/// `pairs[i]` on page i, oldest first; `bytes` as `bytes_of_values` gives them.
/// The newest value of a key that is on a page is the right one. At least one
/// question is made.
std::vector<Question> draw_pair_questions(
    const std::vector<std::vector<Pair>>& pairs,
    const std::vector<std::vector<std::vector<int64_t>>>& bytes,
    int64_t count,
    const QuestionMixConfig& mix,
    RandomStream& random);

/// Up to `count` questions in random order about distinct lines of a page. For
/// a beginning that no line has, `other_text` is used. May be empty.
std::vector<Question> draw_line_questions(
    std::string_view page_text,
    std::string_view other_text,
    int64_t count,
    const QuestionMixConfig& mix,
    RandomStream& random);

} // namespace microfiche::data
