#include "tokenizer/byte_pair_encoder.h"

#include "core/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <string>
#include <utility>

namespace microfiche::tokenizer {
namespace {

using ::testing::ElementsAre;

std::array<int32_t, 256> bytes_as_tokens() {
  std::array<int32_t, 256> tokens;
  std::iota(tokens.begin(), tokens.end(), 0);
  return tokens;
}

std::vector<int64_t> encode(
    const std::vector<Merge>& merges,
    const std::string& piece) {
  std::vector<int64_t> tokens;
  BytePairEncoder(bytes_as_tokens(), merges).encode(piece, tokens);
  return tokens;
}

TEST(BytePairEncoderTest, MergesTheLowestRankFirst) {
  // "bc" is merged before "ab" although it is later in the text.
  EXPECT_THAT(
      encode({{'b', 'c', 300}, {'a', 'b', 301}}, "abc"), ElementsAre('a', 300));
}

TEST(BytePairEncoderTest, MergesTheLeftmostOfEqualRanks) {
  EXPECT_THAT(encode({{'a', 'a', 300}}, "aaa"), ElementsAre(300, 'a'));
}

TEST(BytePairEncoderTest, KeepsBytesWithoutAMerge) {
  EXPECT_THAT(encode({}, "\xff\x01"), ElementsAre(255, 1));
}

TEST(BytePairEncoderTest, AnEmptyPieceHasNoTokens) {
  EXPECT_TRUE(encode({{'a', 'b', 300}}, "").empty());
}

/// The definition: while any pair has a merge, merge the best one.
std::vector<int64_t> encode_by_definition(
    const std::vector<Merge>& merges,
    const std::string& piece) {
  std::map<std::pair<int64_t, int64_t>, std::pair<size_t, int64_t>> ranks;
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    ranks[{merges[rank].left, merges[rank].right}] = {
        rank, merges[rank].merged};
  }
  std::vector<int64_t> tokens;
  for (const char byte : piece) {
    tokens.push_back(static_cast<unsigned char>(byte));
  }
  while (true) {
    size_t best = tokens.size();
    size_t best_rank = merges.size();
    for (size_t i = 0; i + 1 < tokens.size(); ++i) {
      const auto found = ranks.find({tokens[i], tokens[i + 1]});
      if (found != ranks.end() && found->second.first < best_rank) {
        best = i;
        best_rank = found->second.first;
      }
    }
    if (best == tokens.size()) {
      return tokens;
    }
    tokens[best] = merges[best_rank].merged;
    tokens.erase(tokens.begin() + static_cast<ptrdiff_t>(best) + 1);
  }
}

TEST(BytePairEncoderTest, ShortAndLongPiecesFollowTheDefinition) {
  RandomStream random(1, "merges");
  for (int round = 0; round < 200; ++round) {
    std::vector<int32_t> tokens = {'a', 'b', 'c'};
    std::map<std::pair<int32_t, int32_t>, bool> seen;
    std::vector<Merge> merges;
    for (int32_t merged = 300; merged < 330; ++merged) {
      const Merge merge = {random.pick(tokens), random.pick(tokens), merged};
      if (!std::exchange(seen[{merge.left, merge.right}], true)) {
        merges.push_back(merge);
        tokens.push_back(merged);
      }
    }
    // Lengths below and above the change of algorithm.
    std::string piece;
    for (auto length = random.below(150); length > 0; --length) {
      piece += static_cast<char>('a' + random.below(3));
    }

    EXPECT_EQ(encode(merges, piece), encode_by_definition(merges, piece))
        << piece;
  }
}

} // namespace
} // namespace microfiche::tokenizer
