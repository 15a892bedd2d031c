#include "memory/recall/cloze.h"

#include "core/random.h"
#include "memory/recall/find_value.h"
#include "memory/word_search.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::memory {
namespace {

constexpr size_t kKeyWords = 3;
constexpr size_t kMostValueWords = 3;

/// Letters of the longest word of a key, at least: keys such as "it is in" are
/// no questions.
constexpr size_t kLongWord = 5;

struct Cloze {
  int64_t turn = 0;
  std::string key;
  std::string value;
};

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

bool is_plain_word(const std::string& word) {
  return std::all_of(word.begin(), word.end(), is_word);
}

bool is_once(const std::string& all, const std::string& words) {
  const size_t first = find_words(all, words);
  return first != std::string::npos &&
      find_words(all, words, first + 1) == std::string::npos;
}

/// A fact of a turn, at a random place of it; none if no place has one. `all`
/// is the text of the conversation in lower case.
std::optional<Cloze> draw_cloze(
    const StoredTurn& turn,
    const std::string& all,
    RandomStream& random) {
  const auto words = words_of(with_single_spaces(turn.text));
  if (words.size() <= kKeyWords) {
    return std::nullopt;
  }
  std::vector<size_t> places(words.size() - kKeyWords);
  for (size_t i = 0; i < places.size(); ++i) {
    places[i] = i;
  }
  random.shuffle(places);
  const ValueText text(turn.text);
  for (const size_t place : places) {
    std::string key;
    bool plain = true;
    size_t longest = 0;
    for (size_t i = place; i < place + kKeyWords; ++i) {
      plain = plain && is_plain_word(words[i]);
      longest = std::max(longest, words[i].size());
      key += (key.empty() ? "" : " ") + words[i];
    }
    if (!plain || longest < kLongWord || !is_once(all, in_lower_case(key))) {
      continue;
    }
    const auto connected = text.find(key, /*connected=*/true);
    const auto value = connected ? connected : text.find(key, false);
    if (value && words_of(*value).size() <= kMostValueWords) {
      return Cloze{turn.id, key, *value};
    }
  }
  return std::nullopt;
}

int64_t count_cloze_facts(Store& store, int64_t conversation) {
  Statement query(
      store.database(),
      "SELECT count(*) FROM fact JOIN turn ON turn.id = fact.turn "
      "WHERE conversation = ?1 AND fact.kind = ?2");
  query.bind(conversation, kClozeKind).next();
  return query.integer(0);
}

} // namespace

int64_t add_cloze_facts(
    Store& store,
    int64_t conversation,
    int64_t count,
    uint64_t seed) {
  if (const int64_t known = count_cloze_facts(store, conversation)) {
    return known;
  }
  const auto list = turns(store, conversation);
  std::string all;
  for (const auto& turn : list) {
    all += in_lower_case(with_single_spaces(turn.text)) + "\n";
  }
  RandomStream random(seed, "cloze");
  std::vector<Cloze> found;
  for (const auto& turn : list) {
    if (turn.kind == Kind::kTalk) {
      if (auto cloze = draw_cloze(turn, all, random)) {
        found.push_back(std::move(*cloze));
      }
    }
  }
  Transaction transaction(store.database());
  Statement insert(
      store.database(),
      "INSERT INTO fact (turn, key, value, kind) VALUES (?1, ?2, ?3, ?4)");
  const auto num_found = static_cast<int64_t>(found.size());
  const int64_t num_kept = std::min(count, num_found);
  for (int64_t i = 0; i < num_kept; ++i) {
    const auto& cloze = found[static_cast<size_t>(i * num_found / num_kept)];
    insert.bind(cloze.turn, cloze.key, cloze.value, kClozeKind).run();
  }
  transaction.commit();
  return num_kept;
}

} // namespace microfiche::memory
