#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace microfiche::tokenizer {

/// Two adjacent tokens that become one.
struct Merge {
  int32_t left = 0;
  int32_t right = 0;
  int32_t merged = 0;
};

/// Turns the bytes of a piece into tokens: starts with one token per byte, then
/// merges the adjacent pair of the lowest rank, the leftmost first, while there
/// is one.
///
/// Source: Sennrich et al., arXiv:1508.07909, section 3.2.
class BytePairEncoder {
 public:
  /// `merges` are in order of rank; each pair comes once.
  BytePairEncoder(
      const std::array<int32_t, 256>& byte_tokens,
      const std::vector<Merge>& merges);

  /// Appends the tokens of `piece`.
  void encode(std::string_view piece, std::vector<int64_t>& tokens) const;

 private:
  struct Slot {
    uint64_t pair = 0;
    int32_t rank = -1;
    int32_t merged = 0;
  };

  /// Null if the pair has no merge.
  const Slot* find(int32_t left, int32_t right) const;
  void encode_short(std::string_view piece, std::vector<int64_t>& tokens) const;
  void encode_long(std::string_view piece, std::vector<int64_t>& tokens) const;

  std::array<int32_t, 256> byte_tokens_;
  // Open addressing; a power of two slots, at most half of them in use.
  std::vector<Slot> slots_;
  uint64_t shift_ = 64;
};

} // namespace microfiche::tokenizer
