#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/random.h"
#include "conditions/condition.h"

namespace microfiche::conditions {

/// The text of a page before it is set: words between single spaces.
struct PageText {
  std::string text;

  /// Words that a condition put in another's place: which word of the text,
  /// from 0, and what stood there.
  std::vector<std::pair<int64_t, std::string>> altered;
};

/// What a condition knows beside the text.
struct TextContext {
  /// Bytes of text that are wanted, for conditions that write their own.
  int64_t characters;

  /// The whole text source.
  std::string_view corpus;
};

/// What is done to the text of a page; see Note [Conditions].
struct TextCondition {
  ConditionInfo info;
  std::function<void(
      PageText& page,
      const TextContext& context,
      double strength,
      RandomStream& random)>
      apply;
};

/// The text as it stands in its source.
inline constexpr const char* kNaturalText = "corpus";

/// All of them.
const std::vector<TextCondition>& text_conditions();

/// Those that `text` names, none for `kNaturalText`. Throws as
/// `find_conditions`.
std::vector<Applied<TextCondition>> find_text_conditions(
    const std::string& text,
    const std::string& where);

// The families, each in a file of its name.

/// `shuffled_words`.
std::vector<TextCondition> word_order();

/// `swapped_letters` and `shuffled_letters`.
std::vector<TextCondition> changed_letters();

/// `random_words`, `random_letters`, `digits` and `uuids`: text that is not
/// there to be understood, as long as the page's own.
std::vector<TextCondition> random_text();

} // namespace microfiche::conditions
