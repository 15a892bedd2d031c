#include "core/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace microfiche {
namespace {

using ::testing::ElementsAre;

/// The numbers below are from an independent Python program, written after the
/// papers in random.h.
RandomStream reference_stream() {
  return RandomStream(/*seed=*/7, "pages", /*index=*/3);
}

TEST(RandomStreamTest, BitsAreTheSameOnEveryMachine) {
  auto stream = reference_stream();

  EXPECT_EQ(stream.bits(), 0x227fc91d9cb3f26fu);
  EXPECT_EQ(stream.bits(), 0x3e4d3626e8245028u);
  EXPECT_EQ(stream.bits(), 0xc40362123300c84du);
  EXPECT_EQ(stream.bits(), 0xba2f51c939aae099u);
}

TEST(RandomStreamTest, BelowIsTheSameOnEveryMachine) {
  auto stream = reference_stream();
  std::vector<uint64_t> numbers;
  for (int i = 0; i < 8; ++i) {
    numbers.push_back(stream.below(100));
  }

  EXPECT_THAT(numbers, ElementsAre(13, 24, 76, 72, 87, 19, 43, 95));
}

TEST(RandomStreamTest, UniformIsTheSameOnEveryMachine) {
  auto stream = reference_stream();

  EXPECT_EQ(stream.uniform(), 0.13476235363914646);
  EXPECT_EQ(stream.uniform(), 0.2433656544673266);
}

TEST(RandomStreamTest, NormalAgreesToTheLastDigitsOfTheMathLibrary) {
  auto stream = reference_stream();

  EXPECT_NEAR(stream.normal(), 0.022422192142368336, 1e-15);
  EXPECT_NEAR(stream.normal(), -0.24231630117794714, 1e-15);
}

TEST(RandomStreamTest, ShuffleIsTheSameOnEveryMachine) {
  auto stream = reference_stream();
  std::vector<int> items = {0, 1, 2, 3, 4, 5, 6, 7};

  stream.shuffle(items);

  EXPECT_THAT(items, ElementsAre(6, 2, 0, 5, 3, 4, 7, 1));
}

TEST(RandomStreamTest, SeedNameAndIndexChangeTheStream) {
  std::set<uint64_t> first;
  for (const uint64_t seed : {0, 1, 2}) {
    for (const char* name : {"", "pages", "paget", "fonts"}) {
      for (const uint64_t index : {0, 1, 2}) {
        first.insert(RandomStream(seed, name, index).bits());
      }
    }
  }

  EXPECT_EQ(first.size(), 3u * 4 * 3);
}

TEST(RandomStreamTest, BelowIsUniform) {
  constexpr int kDraws = 60000;
  RandomStream stream(1, "test");
  std::vector<int> counts(6);
  for (int i = 0; i < kDraws; ++i) {
    ++counts[stream.below(6)];
  }

  // 10,000 expected of each; the standard deviation is 91.
  for (const int count : counts) {
    EXPECT_NEAR(count, kDraws / 6, 5 * 91);
  }
}

TEST(RandomStreamTest, BelowOneIsZero) {
  EXPECT_EQ(RandomStream(1, "test").below(1), 0u);
}

TEST(RandomStreamTest, BetweenIncludesBothEnds) {
  RandomStream stream(1, "test");
  std::set<int64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(stream.between(-2, 1));
  }

  EXPECT_THAT(seen, ElementsAre(-2, -1, 0, 1));
}

TEST(RandomStreamTest, UniformStaysInItsRange) {
  RandomStream stream(1, "test");
  for (int i = 0; i < 10000; ++i) {
    const double number = stream.uniform(2, 3);

    ASSERT_GE(number, 2);
    ASSERT_LT(number, 3);
  }
}

TEST(RandomStreamTest, NormalHasMeanZeroAndVarianceOne) {
  constexpr int kDraws = 100000;
  RandomStream stream(1, "test");
  double sum = 0;
  double sum_of_squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double number = stream.normal();
    sum += number;
    sum_of_squares += number * number;
  }

  // Five standard errors of each estimate.
  EXPECT_NEAR(sum / kDraws, 0, 5 / std::sqrt(kDraws));
  EXPECT_NEAR(sum_of_squares / kDraws, 1, 5 * std::sqrt(2.0 / kDraws));
}

TEST(RandomStreamTest, PickReachesEveryChoice) {
  const std::vector<char> choices = {'a', 'b', 'c'};
  RandomStream stream(1, "test");
  std::set<char> seen;
  for (int i = 0; i < 100; ++i) {
    seen.insert(stream.pick(choices));
  }

  EXPECT_THAT(seen, ElementsAre('a', 'b', 'c'));
}

} // namespace
} // namespace microfiche
