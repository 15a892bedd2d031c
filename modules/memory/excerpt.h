#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace microfiche::memory {

/// In how many texts each word stands, letters in lower case and without marks
/// around it.
class WordCounts {
 public:
  void add(const std::string& text);

  /// -log of the share of the texts that have the word: high for a rare one.
  double rarity(const std::string& word) const;

 private:
  std::unordered_map<std::string, int64_t> counts_;
  int64_t num_texts_ = 0;
};

/// A turn of a page: its mark with the space after it, and its text.
struct ExcerptTurn {
  std::string mark;
  std::string text;
};

/// The rarest words of a page, as many as fit, in their order: each turn with
/// its mark, on a line of its own; a turn of which no word is left is left out.
/// Of equally rare words the earlier one stays, and words that say nothing by
/// themselves ("the", "of", "is") go first. `fits` is asked about texts with
/// more and fewer words, and must hold for fewer words if it holds for more.
///
/// The mark of the first turn alone if no word fits.
std::string make_excerpt(
    const std::vector<ExcerptTurn>& turns,
    const WordCounts& counts,
    const std::function<bool(const std::string&)>& fits);

} // namespace microfiche::memory
