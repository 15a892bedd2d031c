#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::memory {

/// How an answer to a question for a fact came out. No model judges it.
enum class Outcome {
  /// The newest value of the key.
  kCorrect,
  /// No answer: right if the key was never stated.
  kAbstained,
  /// The value of another key of the same page.
  kBinding,
  /// The value of a key of another page.
  kSource,
  /// An earlier value of the key.
  kStale,
  /// A value that no turn states.
  kInvented,
};

inline constexpr Outcome kOutcomes[] = {
    Outcome::kCorrect,
    Outcome::kAbstained,
    Outcome::kBinding,
    Outcome::kSource,
    Outcome::kStale,
    Outcome::kInvented};

/// "correct", "abstained", "binding", "source", "stale" or "invented".
std::string_view name_of(Outcome outcome);
std::optional<Outcome> find_outcome(std::string_view name);

/// A value as answers are compared with it: Unicode NFKC, one space for each
/// run of white space, trimmed, and in lower case unless the kind of the fact
/// is "digits", "hex" or "uuid".
std::u32string comparable(std::string_view value, std::string_view kind);

/// What an answer may be taken from.
struct AnswerKey {
  /// Empty for a key that was never stated.
  std::string value;
  std::string kind;

  /// Earlier values of the key, values of other keys of the page that states
  /// it, and values of keys of other pages.
  std::vector<std::string> earlier;
  std::vector<std::string> same_page;
  std::vector<std::string> other_pages;
};

/// The outcome of an answer; an empty one abstains. Marks that end a sentence,
/// and "now" before them, do not count on either side. A value that several
/// places state counts as correct, else as stale, binding or source, in this
/// order.
Outcome classify(std::string_view answer, const AnswerKey& key);

} // namespace microfiche::memory
