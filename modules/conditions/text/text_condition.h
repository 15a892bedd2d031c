#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conditions/condition.h"
#include "core/random.h"

namespace microfiche::conditions {

/// The text of a page before it is set: words between single spaces.
struct PageText {
  std::string text;

  /// Words that a condition replaced: the index of the word in the text, from
  /// 0, and the original word.
  std::vector<std::pair<int64_t, std::string>> altered;

  /// The pairs of keys and values that the text states, in order, with
  /// `kPairSeparator` between them. If there are any, the page is asked for one
  /// of them.
  std::vector<std::pair<std::string, std::string>> pairs = {};

  /// Whether the page is asked for the rest of one of its lines.
  bool asks_lines = false;
};

/// Between the pairs of a text.
inline constexpr const char* kPairSeparator = ", ";

/// The context of a text.
struct TextContext {
  /// Requested bytes, for conditions that write their own text.
  int64_t characters;

  /// The whole text source.
  std::string_view corpus;
};

/// Changes the text of a page; see Note [Conditions].
struct TextCondition {
  ConditionInfo info;
  std::function<void(
      PageText& page,
      const TextContext& context,
      double strength,
      RandomStream& random)>
      apply;
};

/// The text without a condition, as in its source.
inline constexpr const char* kNaturalText = "corpus";

/// All text conditions.
const std::vector<TextCondition>& text_conditions();

/// Those that `text` names, none for `kNaturalText`. Throws as
/// `find_conditions`.
std::vector<Applied<TextCondition>> find_text_conditions(
    const std::string& text,
    const std::string& where);

/// Whether a page with these conditions is asked a question.
bool asks_questions(const std::string& text);

// The families, each in a file of its name.

/// `shuffled_words`.
std::vector<TextCondition> word_order();

/// `swapped_letters` and `shuffled_letters`.
std::vector<TextCondition> changed_letters();

/// `pairs` and `lines`: a question about the page instead of its text.
std::vector<TextCondition> questions();

/// `random_words`, `random_letters`, `digits`, `hexadecimal`, `mixed_case` and
/// `uuids`: meaningless text of the same length.
std::vector<TextCondition> random_text();

} // namespace microfiche::conditions
