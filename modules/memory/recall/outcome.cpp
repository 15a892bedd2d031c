#include "memory/recall/outcome.h"

#include "core/utf8.h"
#include "metrics/text_normalization.h"

#include <algorithm>
#include <array>

namespace microfiche::memory {
namespace {

/// In the order of `Outcome`.
constexpr std::array<std::string_view, 6> kOutcomeNames =
    {"correct", "abstained", "binding", "source", "stale", "invented"};

/// A value without what may end its sentence: "12:30 now." says "12:30".
std::u32string without_ending(std::u32string value) {
  const auto drop = [&](std::u32string_view ending) {
    const bool found = value.size() > ending.size() &&
        std::u32string_view(value).ends_with(ending);
    value.resize(value.size() - (found ? ending.size() : 0));
    return found;
  };
  while (drop(U".") || drop(U",") || drop(U";") || drop(U"!") || drop(U"?") ||
         drop(U" ")) {
  }
  drop(U" now");
  return value;
}

} // namespace

std::string_view name_of(Outcome outcome) {
  return kOutcomeNames.at(static_cast<size_t>(outcome));
}

std::optional<Outcome> find_outcome(std::string_view name) {
  for (const Outcome outcome : kOutcomes) {
    if (name_of(outcome) == name) {
      return outcome;
    }
  }
  return std::nullopt;
}

std::u32string comparable(std::string_view value, std::string_view kind) {
  auto text = metrics::normalize(
      decode_utf8(value).text, metrics::Normalization::kNfkcWhitespace);
  const bool exact = kind == "digits" || kind == "hex" || kind == "uuid";
  return exact ? text : metrics::lower_case(text);
}

Outcome classify(std::string_view answer, const AnswerKey& key) {
  const auto given = without_ending(comparable(answer, key.kind));
  if (given.empty()) {
    return Outcome::kAbstained;
  }
  const auto is_value = [&](const std::string& value) {
    return without_ending(comparable(value, key.kind)) == given;
  };
  const auto has = [&](const std::vector<std::string>& values) {
    return std::any_of(values.begin(), values.end(), is_value);
  };
  if (!key.value.empty() && is_value(key.value)) {
    return Outcome::kCorrect;
  }
  if (has(key.earlier)) {
    return Outcome::kStale;
  }
  if (has(key.same_page)) {
    return Outcome::kBinding;
  }
  return has(key.other_pages) ? Outcome::kSource : Outcome::kInvented;
}

} // namespace microfiche::memory
