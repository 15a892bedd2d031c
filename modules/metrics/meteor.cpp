#include "metrics/meteor.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <unordered_map>

#include "metrics/porter_stemmer.h"
#include "metrics/text_normalization.h"

namespace microfiche::metrics {
namespace {

constexpr double kPrecisionWeight = 0.9;
constexpr double kPenaltyWeight = 0.5;

/// A word and its position in its text.
struct PlacedWord {
  size_t place;
  std::u32string word;
};

using PlacedWords = std::vector<PlacedWord>;

PlacedWords lower_words(const std::vector<std::u32string>& words) {
  PlacedWords placed;
  for (size_t i = 0; i < words.size(); ++i) {
    placed.push_back({i, lower_case(words[i])});
  }
  return placed;
}

/// Matches each word of the prediction, from last to first, with the last
/// remaining equal word of the reference. Removes the matched words from both.
void match_equal_words(
    PlacedWords& reference,
    PlacedWords& prediction,
    std::map<size_t, size_t>& matches) {
  std::unordered_map<std::u32string_view, std::vector<size_t>> places;
  for (size_t i = 0; i < reference.size(); ++i) {
    places[reference[i].word].push_back(i);
  }
  std::vector<bool> taken(reference.size(), false);
  PlacedWords left;
  for (auto word = prediction.rbegin(); word != prediction.rend(); ++word) {
    const auto found = places.find(word->word);
    if (found == places.end() || found->second.empty()) {
      left.push_back(std::move(*word));
      continue;
    }
    const size_t at = found->second.back();
    found->second.pop_back();
    taken[at] = true;
    matches[word->place] = reference[at].place;
  }
  PlacedWords unmatched;
  for (size_t i = 0; i < reference.size(); ++i) {
    if (!taken[i]) {
      unmatched.push_back(std::move(reference[i]));
    }
  }
  std::reverse(left.begin(), left.end());
  reference = std::move(unmatched);
  prediction = std::move(left);
}

/// Counts the chunks: runs of matches that are adjacent in both texts.
int64_t count_chunks(const std::map<size_t, size_t>& matches) {
  int64_t chunks = 0;
  size_t next_place = 0;
  size_t next_match = 0;
  for (const auto& [place, match] : matches) {
    chunks += chunks == 0 || place != next_place || match != next_match;
    next_place = place + 1;
    next_match = match + 1;
  }
  return chunks;
}

} // namespace

double meteor(const WordPair& words) {
  auto reference = lower_words(words.reference);
  auto prediction = lower_words(words.prediction);
  std::map<size_t, size_t> matches;
  match_equal_words(reference, prediction, matches);
  for (auto* side : {&reference, &prediction}) {
    for (auto& placed : *side) {
      placed.word = porter_stem(std::move(placed.word));
    }
  }
  match_equal_words(reference, prediction, matches);
  if (matches.empty()) {
    return 0;
  }
  const auto count = static_cast<double>(matches.size());
  const double precision = count / static_cast<double>(words.prediction.size());
  const double recall = count / static_cast<double>(words.reference.size());
  const double mean = precision * recall /
      (kPrecisionWeight * precision + (1 - kPrecisionWeight) * recall);
  const double fragmentation =
      static_cast<double>(count_chunks(matches)) / count;
  return mean * (1 - kPenaltyWeight * std::pow(fragmentation, 3));
}

} // namespace microfiche::metrics
