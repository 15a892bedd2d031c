#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace microfiche::memory {

/// A language model of word pairs, learned from texts, letters in lower case and
/// without marks around words. It backs off to single words with Witten-Bell
/// smoothing.
class WordPairModel {
 public:
  void add(const std::string& text);

  /// How little the model expects `word` behind `before` (empty at the start of
  /// a text): -log2 of its probability, in bits. Both must have been added.
  double surprise(const std::string& before, const std::string& word) const;

 private:
  struct Followers {
    std::unordered_map<std::string, int64_t> counts;
    int64_t num = 0;
  };

  std::unordered_map<std::string, Followers> followers_;
  Followers words_;
};

/// A learned compression of the texts to words: of all words those that a
/// `WordPairModel` of the texts expects least, as many as take at most
/// `max_tokens`, each with the space behind it. Of equally surprising words
/// earlier ones stay. Each text keeps its words in their order, separated by
/// spaces; it is empty if it has none. `num_tokens` becomes what they take.
///
/// Source: Selective Context, arXiv:2310.06201, section 2, by words, with a
/// model of word pairs in place of a large language model.
std::vector<std::string> prune_texts(
    const std::vector<std::string>& texts,
    int64_t max_tokens,
    const std::function<int64_t(const std::string&)>& count_tokens,
    int64_t& num_tokens);

} // namespace microfiche::memory
