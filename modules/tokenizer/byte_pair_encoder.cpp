#include "tokenizer/byte_pair_encoder.h"

#include <bit>
#include <cstddef>
#include <limits>
#include <queue>
#include <tuple>

namespace microfiche::tokenizer {
namespace {

// In bytes. Up to this size a linear search for the lowest rank is faster than
// a queue.
constexpr size_t kMaxShortPiece = 48;

constexpr int32_t kNoRank = std::numeric_limits<int32_t>::max();

uint64_t pair_of(int32_t left, int32_t right) {
  return uint64_t{static_cast<uint32_t>(left)} << 32 |
      static_cast<uint32_t>(right);
}

} // namespace

BytePairEncoder::BytePairEncoder(
    const std::array<int32_t, 256>& byte_tokens,
    const std::vector<Merge>& merges)
    : byte_tokens_(byte_tokens) {
  const size_t size = std::bit_ceil(2 * merges.size() + 2);
  slots_.resize(size);
  shift_ = static_cast<uint64_t>(64 - std::countr_zero(size));
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    const Merge& merge = merges[rank];
    const uint64_t pair = pair_of(merge.left, merge.right);
    size_t at = (pair * 0x9e3779b97f4a7c15) >> shift_;
    while (slots_[at].rank >= 0) {
      at = (at + 1) & (size - 1);
    }
    slots_[at] = {pair, static_cast<int32_t>(rank), merge.merged};
  }
}

const BytePairEncoder::Slot* BytePairEncoder::find(int32_t left, int32_t right)
    const {
  const uint64_t pair = pair_of(left, right);
  // Fibonacci hashing: the high bits of the product depend on all of the pair.
  size_t at = (pair * 0x9e3779b97f4a7c15) >> shift_;
  while (slots_[at].rank >= 0) {
    if (slots_[at].pair == pair) {
      return &slots_[at];
    }
    at = (at + 1) & (slots_.size() - 1);
  }
  return nullptr;
}

void BytePairEncoder::encode(
    std::string_view piece,
    std::vector<int64_t>& tokens) const {
  if (piece.size() <= kMaxShortPiece) {
    encode_short(piece, tokens);
  } else {
    encode_long(piece, tokens);
  }
}

void BytePairEncoder::encode_short(
    std::string_view piece,
    std::vector<int64_t>& tokens) const {
  struct Symbol {
    int32_t token;
    // The merge with the next symbol.
    int32_t rank;
    int32_t merged;
  };
  std::array<Symbol, kMaxShortPiece> symbols;
  size_t count = piece.size();
  const auto update_rank = [&](size_t i) {
    const Slot* slot =
        i + 1 < count ? find(symbols[i].token, symbols[i + 1].token) : nullptr;
    symbols[i].rank = slot ? slot->rank : kNoRank;
    symbols[i].merged = slot ? slot->merged : 0;
  };
  for (size_t i = 0; i < count; ++i) {
    symbols[i].token = byte_tokens_[static_cast<unsigned char>(piece[i])];
  }
  for (size_t i = 0; i < count; ++i) {
    update_rank(i);
  }
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i) {
      if (symbols[i].rank < symbols[best].rank) {
        best = i;
      }
    }
    if (symbols[best].rank == kNoRank) {
      break;
    }
    symbols[best].token = symbols[best].merged;
    for (size_t i = best + 1; i + 1 < count; ++i) {
      symbols[i] = symbols[i + 1];
    }
    --count;
    update_rank(best);
    if (best > 0) {
      update_rank(best - 1);
    }
  }
  for (size_t i = 0; i < count; ++i) {
    tokens.push_back(symbols[i].token);
  }
}

void BytePairEncoder::encode_long(
    std::string_view piece,
    std::vector<int64_t>& tokens) const {
  constexpr size_t kNone = std::numeric_limits<size_t>::max();
  struct Symbol {
    int32_t token;
    size_t previous;
    size_t next;
  };
  // A candidate is outdated if `left` and `right` are no longer the two
  // symbols.
  struct Candidate {
    int32_t rank;
    size_t position;
    int32_t left;
    int32_t right;
    int32_t merged;
    bool operator<(const Candidate& other) const {
      return std::tie(rank, position) > std::tie(other.rank, other.position);
    }
  };
  constexpr int32_t kRemoved = -1;

  std::vector<Symbol> symbols(piece.size());
  for (size_t i = 0; i < piece.size(); ++i) {
    symbols[i] = {
        byte_tokens_[static_cast<unsigned char>(piece[i])],
        i == 0 ? kNone : i - 1,
        i + 1 == piece.size() ? kNone : i + 1};
  }
  std::priority_queue<Candidate> queue;
  const auto push_candidate = [&](size_t position) {
    const Symbol& symbol = symbols[position];
    if (symbol.next == kNone) {
      return;
    }
    const int32_t right = symbols[symbol.next].token;
    if (const Slot* slot = find(symbol.token, right)) {
      queue.push({slot->rank, position, symbol.token, right, slot->merged});
    }
  };
  for (size_t i = 0; i < symbols.size(); ++i) {
    push_candidate(i);
  }
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol& symbol = symbols[best.position];
    if (symbol.token != best.left || symbol.next == kNone ||
        symbols[symbol.next].token != best.right) {
      continue;
    }
    Symbol& merged = symbols[symbol.next];
    symbol.token = best.merged;
    symbol.next = merged.next;
    merged.token = kRemoved;
    if (symbol.next != kNone) {
      symbols[symbol.next].previous = best.position;
    }
    push_candidate(best.position);
    if (symbol.previous != kNone) {
      push_candidate(symbol.previous);
    }
  }
  for (size_t i = 0; i != kNone; i = symbols[i].next) {
    tokens.push_back(symbols[i].token);
  }
}

} // namespace microfiche::tokenizer
