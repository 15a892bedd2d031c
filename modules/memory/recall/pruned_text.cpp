#include "memory/recall/pruned_text.h"

#include "memory/word_search.h"

#include <algorithm>
#include <cmath>

namespace microfiche::memory {
namespace {

struct Word {
  size_t text = 0;
  std::string spelling;
  double surprise = 0;
};

} // namespace

void WordPairModel::add(const std::string& text) {
  std::string before;
  for (const auto& spelling : split_words(text)) {
    const auto word = folded(spelling);
    ++words_.counts[word];
    ++words_.num;
    auto& followers = followers_[before];
    ++followers.counts[word];
    ++followers.num;
    before = word;
  }
}

double WordPairModel::surprise(
    const std::string& before,
    const std::string& word) const {
  const double alone = static_cast<double>(words_.counts.at(word)) /
      static_cast<double>(words_.num);
  const auto& followers = followers_.at(before);
  const auto found = followers.counts.find(word);
  const double pairs = found == followers.counts.end()
      ? 0
      : static_cast<double>(found->second);
  // Witten-Bell: as much weight for single words as there are followers.
  const auto kinds = static_cast<double>(followers.counts.size());
  const double probability = (pairs + kinds * alone) /
      (static_cast<double>(followers.num) + kinds);
  return -std::log2(probability);
}

std::vector<std::string> prune_texts(
    const std::vector<std::string>& texts,
    int64_t max_tokens,
    const std::function<int64_t(const std::string&)>& count_tokens,
    int64_t& num_tokens) {
  WordPairModel model;
  for (const auto& text : texts) {
    model.add(text);
  }
  std::vector<Word> words;
  for (size_t i = 0; i < texts.size(); ++i) {
    std::string before;
    for (auto& spelling : split_words(texts[i])) {
      const auto word = folded(spelling);
      words.push_back({i, std::move(spelling), model.surprise(before, word)});
      before = word;
    }
  }
  std::vector<size_t> order(words.size());
  for (size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return words[a].surprise > words[b].surprise;
  });
  std::vector<bool> kept(words.size());
  num_tokens = 0;
  for (const size_t i : order) {
    const int64_t tokens = count_tokens(words[i].spelling + " ");
    if (num_tokens + tokens > max_tokens) {
      break;
    }
    num_tokens += tokens;
    kept[i] = true;
  }
  std::vector<std::string> pruned(texts.size());
  for (size_t i = 0; i < words.size(); ++i) {
    if (kept[i]) {
      auto& text = pruned[words[i].text];
      text += (text.empty() ? "" : " ") + words[i].spelling;
    }
  }
  return pruned;
}

} // namespace microfiche::memory
