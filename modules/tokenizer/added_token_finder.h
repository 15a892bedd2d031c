#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace microfiche::tokenizer {

/// Finds added tokens in text: the leftmost match, and the longest of those
/// that begin at the same position.
class AddedTokenFinder {
 public:
  struct Match {
    size_t begin;
    size_t end;
    int64_t id;
  };

  /// `content` must not be empty.
  void add(std::string_view content, int64_t id);

  /// The first match that begins at `from` or later.
  std::optional<Match> find(std::string_view text, size_t from) const;

 private:
  struct Node {
    std::map<char, size_t> next;
    std::optional<int64_t> id;
  };

  // A trie; the root comes first.
  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::array<bool, 256> first_bytes_ = {};
};

} // namespace microfiche::tokenizer
