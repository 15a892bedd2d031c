#include "memory/recall/pruned_text.h"

#include "memory/recall/kept_parts.h"
#include "memory/word_search.h"

#include <algorithm>
#include <cmath>

namespace microfiche::memory {
namespace {

constexpr double kNumBytes = 256;

/// The `order` bytes before a position; fewer at the beginning of the text.
std::string context_of(std::string_view text, size_t at, size_t order) {
  const size_t length = std::min(order, at);
  return std::string(text.substr(at - length, length));
}

/// The words of a text, with one space before, between and after them.
std::string with_single_spaces_around_words(const std::string& text) {
  std::string spaced = " ";
  for (const auto& word : split_words(text)) {
    spaced += word + " ";
  }
  return spaced;
}

} // namespace

void ByteNgramModel::count(
    std::string_view text,
    size_t begin,
    size_t end,
    int64_t change) {
  for (size_t at = begin; at < end; ++at) {
    for (size_t order = 0; order <= std::min(kOrder, at); ++order) {
      auto& followers = followers_[context_of(text, at, order)];
      followers.num += change;
      if ((followers.counts[text[at]] += change) == 0) {
        followers.counts.erase(text[at]);
      }
    }
  }
}

double ByteNgramModel::surprisal(
    std::string_view text,
    size_t begin,
    size_t end) const {
  double bits = 0;
  for (size_t at = begin; at < end; ++at) {
    double probability = 1 / kNumBytes;
    for (size_t order = 0; order <= std::min(kOrder, at); ++order) {
      const auto found = followers_.find(context_of(text, at, order));
      if (found == followers_.end() || found->second.num == 0) {
        break;
      }
      const auto& followers = found->second;
      const auto count = followers.counts.find(text[at]);
      // Witten-Bell: the shorter context has the weight of as many bytes as
      // there are different ones.
      const auto kinds = static_cast<double>(followers.counts.size());
      const double seen = count == followers.counts.end()
          ? 0
          : static_cast<double>(count->second);
      probability = (seen + kinds * probability) /
          (static_cast<double>(followers.num) + kinds);
    }
    bits -= std::log2(probability);
  }
  return bits;
}

std::vector<std::string> prune_texts(
    const std::vector<std::string>& texts,
    int64_t max_tokens,
    const std::function<int64_t(const std::string&)>& count_tokens,
    int64_t& num_tokens) {
  ByteNgramModel model;
  std::vector<std::string> spaced;
  for (const auto& text : texts) {
    spaced.push_back(with_single_spaces_around_words(text));
    model.learn(spaced.back(), 1, spaced.back().size());
  }
  std::vector<TextPart> words;
  for (size_t i = 0; i < spaced.size(); ++i) {
    const auto& text = spaced[i];
    for (size_t begin = 1; begin < text.size();) {
      const size_t space = text.find(' ', begin);
      // The end of a word is part of its surprisal.
      model.forget(text, begin, space + 1);
      const double bits = model.surprisal(text, begin, space + 1);
      model.learn(text, begin, space + 1);
      // Tokenizers join a word with the space before it.
      const int64_t tokens =
          count_tokens(text.substr(begin - 1, space - begin + 1));
      words.push_back({i, text.substr(begin, space - begin), tokens, bits});
      begin = space + 1;
    }
  }
  return keep_best_parts(words, texts.size(), " ", max_tokens, num_tokens);
}

} // namespace microfiche::memory
