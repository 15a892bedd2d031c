#include "memory/recall/summary.h"

#include "memory/excerpt.h"
#include "memory/recall/kept_parts.h"

#include <algorithm>
#include <string_view>

namespace microfiche::memory {
namespace {

bool is_blank_character(char character) {
  return character == ' ' || (character >= '\t' && character <= '\r');
}

/// The sentences of a text, without white space around them.
std::vector<std::string> split_sentences(const std::string& text) {
  std::vector<std::string> sentences;
  std::string sentence;
  const auto finish = [&] {
    while (!sentence.empty() && is_blank_character(sentence.back())) {
      sentence.pop_back();
    }
    if (!sentence.empty()) {
      sentences.push_back(std::move(sentence));
    }
    sentence.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_space = is_blank_character(text[i]);
    if (!is_space || !sentence.empty()) {
      sentence += text[i];
    }
    const bool ends =
        std::string_view(".!?").find(text[i]) != std::string_view::npos &&
        (i + 1 == text.size() || is_blank_character(text[i + 1]));
    if (ends || text[i] == '\n') {
      finish();
    }
  }
  finish();
  return sentences;
}

double rarity_of(const std::string& sentence, const WordCounts& counts) {
  double sum = 0;
  for (size_t begin = 0; begin < sentence.size();) {
    const size_t end = std::min(sentence.find(' ', begin), sentence.size());
    if (end > begin) {
      sum += counts.rarity(sentence.substr(begin, end - begin));
    }
    begin = end + 1;
  }
  return sum;
}

} // namespace

std::vector<std::string> summarize_texts(
    const std::vector<std::string>& texts,
    int64_t max_tokens,
    const std::function<int64_t(const std::string&)>& count_tokens,
    int64_t& num_tokens) {
  WordCounts counts;
  for (const auto& text : texts) {
    counts.add(text);
  }
  std::vector<TextPart> sentences;
  for (size_t i = 0; i < texts.size(); ++i) {
    for (auto& words : split_sentences(texts[i])) {
      // With the line break after it.
      const int64_t tokens = count_tokens(words + "\n");
      const double score = rarity_of(words, counts);
      sentences.push_back({i, std::move(words), tokens, score});
    }
  }
  return keep_best_parts(sentences, texts.size(), "\n", max_tokens, num_tokens);
}

} // namespace microfiche::memory
