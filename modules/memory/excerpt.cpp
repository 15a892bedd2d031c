#include "memory/excerpt.h"

#include "memory/word_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <string_view>

namespace microfiche::memory {
namespace {

constexpr std::array<std::string_view, 44> kEmptyWords = {
    "a",    "an",   "and", "are",  "as",  "at",   "be",   "been", "but",
    "by",   "did",  "do",  "does", "for", "from", "had",  "has",  "have",
    "he",   "her",  "his", "i",    "in",  "is",   "it",   "its",  "my",
    "of",   "on",   "or",  "our",  "she", "so",   "that", "the",  "their",
    "they", "this", "to",  "was",  "we",  "were", "with", "you"};

/// The word without marks around it, in lower case; empty for marks alone.
std::string folded(const std::string& word) {
  const auto begin = std::find_if(word.begin(), word.end(), is_word);
  const auto end = std::find_if(word.rbegin(), word.rend(), is_word).base();
  return begin < end ? in_lower_case(std::string(begin, end)) : std::string();
}

struct PlacedWord {
  size_t turn = 0;
  std::string word;
  double score = 0;
};

} // namespace

void WordCounts::add(const std::string& text) {
  ++num_texts_;
  std::set<std::string> seen;
  for (const auto& word : split_words(text)) {
    seen.insert(folded(word));
  }
  for (const auto& word : seen) {
    ++counts_[word];
  }
}

double WordCounts::rarity(const std::string& word) const {
  const auto found = counts_.find(folded(word));
  const double count =
      found == counts_.end() ? 0 : static_cast<double>(found->second);
  return std::log((static_cast<double>(num_texts_) + 1) / (count + 1));
}

std::string make_excerpt(
    const std::vector<ExcerptTurn>& turns,
    const WordCounts& counts,
    const std::function<bool(const std::string&)>& fits) {
  std::vector<PlacedWord> words;
  for (size_t turn = 0; turn < turns.size(); ++turn) {
    for (auto& word : split_words(turns[turn].text)) {
      const auto plain = folded(word);
      const bool is_empty = plain.empty() ||
          std::find(kEmptyWords.begin(), kEmptyWords.end(), plain) !=
              kEmptyWords.end();
      const double score = is_empty ? -1 : counts.rarity(word);
      words.push_back({turn, std::move(word), score});
    }
  }
  std::vector<size_t> order(words.size());
  for (size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return words[a].score > words[b].score;
  });
  const auto text_of = [&](size_t num_words) {
    std::vector<bool> kept(words.size());
    for (size_t i = 0; i < num_words; ++i) {
      kept[order[i]] = true;
    }
    std::string text;
    std::optional<size_t> turn;
    for (size_t i = 0; i < words.size(); ++i) {
      if (!kept[i]) {
        continue;
      }
      if (turn != words[i].turn) {
        turn = words[i].turn;
        text += (text.empty() ? "" : "\n") + turns[*turn].mark;
      } else {
        text += " ";
      }
      text += words[i].word;
    }
    return text.empty() && !turns.empty() ? turns.front().mark : text;
  };
  // The most words that fit.
  size_t least = 0;
  size_t most = words.size();
  while (least < most) {
    const size_t middle = least + (most - least + 1) / 2;
    if (fits(text_of(middle))) {
      least = middle;
    } else {
      most = middle - 1;
    }
  }
  return text_of(least);
}

} // namespace microfiche::memory
