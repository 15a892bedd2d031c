#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace microfiche::memory {

/// A byte n-gram model, learned from texts: what follows the last `kOrder`
/// bytes, then fewer, with Witten-Bell smoothing. Where nothing is known all
/// 256 bytes are equally likely.
class ByteNgramModel {
 public:
  static constexpr size_t kOrder = 4;

  /// Learns the bytes [begin, end) of a text, which follow those before them.
  void learn(std::string_view text, size_t begin, size_t end) {
    count(text, begin, end, 1);
  }

  /// Forgets bytes that it has learned.
  void forget(std::string_view text, size_t begin, size_t end) {
    count(text, begin, end, -1);
  }

  /// The surprisal of these bytes in bits: -log2 of their probability.
  double surprisal(std::string_view text, size_t begin, size_t end) const;

 private:
  struct Followers {
    std::unordered_map<char, int64_t> counts;
    int64_t num = 0;
  };

  void count(std::string_view text, size_t begin, size_t end, int64_t change);

  /// By the bytes before.
  std::unordered_map<std::string, Followers> followers_;
};

/// A learned compression of the texts to words: of all words those with the
/// highest surprisal per token, as many as take at most `max_tokens`, each with
/// the space before it. The surprisal is that of the word and the space after
/// it, by a `ByteNgramModel` of all other words of the texts. Of equal words
/// earlier ones stay. Each text keeps its words in their order, separated by
/// spaces; it is empty if it has none. `num_tokens` becomes what they take.
///
/// Source: Selective Context, arXiv:2310.06201. There a large causal language
/// model scores phrases by their whole surprisal and a share of them stays;
/// here the model is small and sees later text, too, and the budget is fixed.
std::vector<std::string> prune_texts(
    const std::vector<std::string>& texts,
    int64_t max_tokens,
    const std::function<int64_t(const std::string&)>& count_tokens,
    int64_t& num_tokens);

} // namespace microfiche::memory
