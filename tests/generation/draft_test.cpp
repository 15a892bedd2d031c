#include "generation/draft.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <vector>

namespace microfiche::generation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Ids = std::vector<int64_t>;

Ids counting(int64_t first, int64_t count) {
  Ids ids(count);
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

DraftCursor make_cursor(const std::vector<Ids>& texts) {
  return DraftCursor(std::make_shared<const Draft>(texts));
}

struct FollowedDraft {
  int64_t steps = 0;
  DraftCursor cursor;
};

/// Generates `answer` with its guesses, as a model would.
FollowedDraft follow(const Ids& answer, DraftCursor cursor) {
  FollowedDraft followed{0, std::move(cursor)};
  followed.cursor.push(answer[0]);
  for (size_t done = 1; done < answer.size();) {
    const auto guess =
        followed.cursor.propose(static_cast<int64_t>(answer.size() - done) - 1);
    int64_t right = 0;
    while (right < std::ssize(guess) && guess[right] == answer[done + right]) {
      ++right;
    }
    for (int64_t i = 0; i <= right; ++i) {
      followed.cursor.push(answer[done + i]);
    }
    followed.cursor.report(right);
    done += right + 1;
    ++followed.steps;
  }
  return followed;
}

TEST(DraftIndexTest, FindsTheLongestMatch) {
  DraftIndex index;
  for (const int64_t id : {1, 2, 3, 4, 9, 2, 3, 5, 7, 1, 2, 3, 6}) {
    index.push(id);
  }

  const auto match = index.find(Ids{9, 2, 3});

  EXPECT_EQ(match.end, 7);
  EXPECT_EQ(match.length, 3);
}

TEST(DraftIndexTest, FindsTheLastOfEqualMatches) {
  DraftIndex index;
  for (const int64_t id : {1, 2, 3, 1, 2, 4, 1, 2}) {
    index.push(id);
  }

  // The one at the end has no continuation.
  EXPECT_EQ(index.find(Ids{1, 2}).end, 5);
}

TEST(DraftIndexTest, GrowsWithoutLosingIds) {
  DraftIndex index;
  for (int64_t id = 0; id < 5000; ++id) {
    index.push(id);
  }

  EXPECT_EQ(index.find(Ids{16, 17, 18}).end, 19);
  EXPECT_EQ(index.find(Ids{16, 18}).length, 0);
}

TEST(DraftCostTest, MoreRightIdsAllowLongerGuesses) {
  const DraftCost cost;

  EXPECT_EQ(cost.best_length(0.1, 1, 64), 0);
  // The id i of a guess saves 1.25 with probability p^i and costs 0.25.
  EXPECT_EQ(cost.best_length(0.9, 1, 64), 15);
  EXPECT_EQ(cost.best_length(0.999, 1, 64), 64);
}

TEST(DraftCostTest, ExpertsThatABlockReadsCostTheirWeights) {
  DraftCost cost;
  cost.experts = 7;
  cost.chosen_share = 0.1;

  EXPECT_DOUBLE_EQ(cost.of(1), 1 + 0.7 + 0.25);
  EXPECT_DOUBLE_EQ(cost.of(2), 1 + 7 * 0.19 + 0.5);
  EXPECT_LT(cost.best_length(0.5, 1, 64), DraftCost().best_length(0.5, 1, 64));
}

TEST(DraftCostTest, ManyRowsLeaveLittleToSave) {
  const DraftCost cost;

  EXPECT_LT(cost.best_length(0.9, 64, 64), 3);
}

TEST(DraftCursorTest, AnAnswerThatIsItsDraftTakesFewSteps) {
  const auto answer = counting(0, 1000);

  const auto followed = follow(answer, make_cursor({answer}));

  // Blocks of 64, after a few shorter ones.
  EXPECT_LE(followed.steps, 21);
  EXPECT_EQ(followed.cursor.accepted(), followed.cursor.drafted());
}

TEST(DraftCursorTest, GoesOnBehindASubstitution) {
  const auto draft = counting(0, 1000);
  auto answer = draft;
  for (size_t i = 33; i < answer.size(); i += 33) {
    answer[i] = 5000 + static_cast<int64_t>(i);
  }

  const auto followed = follow(answer, make_cursor({draft}));

  // One step for each of 30 substitutions, and one or two between them.
  EXPECT_LE(followed.steps, 75);
}

TEST(DraftCursorTest, FindsThePlaceAgainBehindMissingAndExtraIds) {
  const auto draft = counting(0, 1000);
  auto answer = draft;
  answer.erase(answer.begin() + 700, answer.begin() + 850);
  answer.erase(answer.begin() + 400);
  answer.insert(answer.begin() + 200, {5000, 5001, 5002});

  const auto followed = follow(answer, make_cursor({draft}));

  EXPECT_LE(followed.steps, 45);
}

TEST(DraftCursorTest, FindsTheTextThatTheAnswerFollows) {
  const auto followed = follow(
      counting(3000, 500),
      make_cursor({counting(0, 900), counting(2990, 900), counting(7000, 9)}));

  EXPECT_LE(followed.steps, 25);
}

TEST(DraftCursorTest, TheAnswerIsADraftOfItself) {
  Ids answer;
  for (int row = 0; row < 40; ++row) {
    // A table: what changes is one id of ten.
    for (int64_t column = 0; column < 9; ++column) {
      answer.push_back(column);
    }
    answer.push_back(100 + row);
  }

  const auto followed = follow(answer, make_cursor({}));

  EXPECT_LE(followed.steps, 160);
  EXPECT_GE(followed.cursor.accepted(), 240);
}

TEST(DraftCursorTest, RestsWhileADraftIsUseless) {
  const auto answer = counting(0, 2000);

  // Each pair of the answer is in the draft, with another id after it.
  Ids hostile;
  for (int64_t id = 0; id + 1 < 2000; ++id) {
    for (const int64_t next : {id, id + 1, int64_t{9000}}) {
      hostile.push_back(next);
    }
  }
  const auto followed = follow(answer, make_cursor({hostile}));

  EXPECT_LE(followed.cursor.drafted(), 200);
  EXPECT_LE(followed.cursor.accepted(), 10);
}

TEST(DraftCursorTest, ANewGuessNeverCrossesTheEndOfAText) {
  auto cursor = make_cursor({{1, 2, 3}, {4, 5}});

  cursor.push(1);

  EXPECT_THAT(cursor.propose(10), ElementsAre(2, 3));
}

TEST(DraftCursorTest, GuessesAtMostWhatFits) {
  auto cursor = make_cursor({counting(0, 100)});
  cursor.push(0);

  EXPECT_THAT(cursor.propose(2), ElementsAre(1, 2));
  EXPECT_THAT(cursor.propose(0), IsEmpty());
}

TEST(DraftCursorTest, ADraftOfOneRepeatedIdEndsInTime) {
  const Ids repeated(1 << 20, 7);
  auto answer = counting(100, 2000);
  for (size_t i = 0; i < answer.size(); i += 3) {
    answer[i] = 7;
  }

  const auto followed = follow(answer, make_cursor({repeated}));

  EXPECT_LE(followed.cursor.drafted(), 6000);
}

} // namespace
} // namespace microfiche::generation
