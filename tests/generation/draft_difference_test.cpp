#include "generation/draft_difference.h"

#include "tests/generation/generate_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace microfiche::generation {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class DraftDifferenceTest : public GenerateTest {
 protected:
  DraftDifferenceTest() {
    for (size_t i = 0; i < requests.size(); ++i) {
      requests[i].page = static_cast<int64_t>(i);
    }
  }

  std::vector<DraftDifference> differences(
      const std::vector<GenerationResult>& drafted) {
    return find_draft_differences(decoder(), requests, config, plain, drafted);
  }

  std::vector<GenerationRequest> requests = make_requests({3, 9, 4});
  GenerationConfig config = up_to(30);
  std::vector<GenerationResult> plain = run(requests, config);
};

TEST_F(DraftDifferenceTest, EqualAnswersHaveNone) {
  EXPECT_THAT(differences(plain), IsEmpty());
}

TEST_F(DraftDifferenceTest, AnIdThatTheLogitsDoNotChooseIsNoTie) {
  auto drafted = plain;
  drafted[1].ids[20] = (plain[1].ids[20] + 1) % 260;

  const auto found = differences(drafted);

  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].page, 1);
  EXPECT_EQ(found[0].position, 20);
  EXPECT_EQ(found[0].plain_id, plain[1].ids[20]);
  EXPECT_EQ(found[0].drafted_id, drafted[1].ids[20]);
  EXPECT_GT(found[0].gap, 0);
  // Blocks of few rows have the bits of single ids.
  EXPECT_EQ(found[0].rounding, 0);
  EXPECT_FALSE(is_lossless(found, 100'000));
}

TEST_F(DraftDifferenceTest, AnAnswerThatEndsEarlyDiffersThere) {
  auto drafted = plain;
  drafted[2].ids.resize(7);

  const auto found = differences(drafted);

  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].position, 7);
  EXPECT_EQ(found[0].plain_id, plain[2].ids[7]);
  EXPECT_EQ(found[0].drafted_id, -1);
}

TEST(DraftTieTest, OneTiePerThousandIdsIsLossless) {
  DraftDifference tie;
  tie.gap = 0.19;
  tie.rounding = 0.1;
  DraftDifference other = tie;
  other.gap = 0.2;

  EXPECT_TRUE(is_lossless({}, 0));
  EXPECT_TRUE(is_lossless(std::vector{tie}, 1000));
  EXPECT_FALSE(is_lossless(std::vector{tie}, 999));
  EXPECT_FALSE(is_lossless(std::vector{other}, 1'000'000));
}

} // namespace
} // namespace microfiche::generation
