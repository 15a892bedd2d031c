#include "tokenizer/added_token_finder.h"

namespace microfiche::tokenizer {

void AddedTokenFinder::add(std::string_view content, int64_t id) {
  first_bytes_[static_cast<unsigned char>(content.front())] = true;
  size_t node = 0;
  for (const char byte : content) {
    const auto [edge, fresh] = nodes_[node].next.emplace(byte, nodes_.size());
    node = edge->second;
    if (fresh) {
      nodes_.emplace_back();
    }
  }
  nodes_[node].id = id;
}

std::optional<AddedTokenFinder::Match> AddedTokenFinder::find(
    std::string_view text,
    size_t from) const {
  for (size_t begin = from; begin < text.size(); ++begin) {
    if (!first_bytes_[static_cast<unsigned char>(text[begin])]) {
      continue;
    }
    std::optional<Match> longest;
    size_t node = 0;
    for (size_t at = begin; at < text.size(); ++at) {
      const auto edge = nodes_[node].next.find(text[at]);
      if (edge == nodes_[node].next.end()) {
        break;
      }
      node = edge->second;
      if (nodes_[node].id) {
        longest = {begin, at + 1, *nodes_[node].id};
      }
    }
    if (longest) {
      return longest;
    }
  }
  return std::nullopt;
}

} // namespace microfiche::tokenizer
