#include "tokenizer/added_token_finder.h"

#include <gtest/gtest.h>

namespace microfiche::tokenizer {
namespace {

TEST(AddedTokenFinderTest, PrefersTheLongestMatchAtAPosition) {
  AddedTokenFinder finder;
  finder.add("<a", 1);
  finder.add("<a>", 2);

  const auto match = finder.find("x<a>", 0);

  ASSERT_TRUE(match);
  EXPECT_EQ(match->id, 2);
  EXPECT_EQ(match->begin, 1u);
  EXPECT_EQ(match->end, 4u);
}

TEST(AddedTokenFinderTest, PrefersTheLeftmostEvenWhenShorter) {
  AddedTokenFinder finder;
  finder.add("ab", 1);
  finder.add("bcde", 2);

  EXPECT_EQ(finder.find("abcde", 0)->id, 1);
}

TEST(AddedTokenFinderTest, FindsAShorterTokenInsideAnIncompleteOne) {
  AddedTokenFinder finder;
  finder.add("<a", 1);
  finder.add("<a-b-c>", 2);

  EXPECT_EQ(finder.find("<a-b", 0)->id, 1);
}

TEST(AddedTokenFinderTest, StartsAtTheOffset) {
  AddedTokenFinder finder;
  finder.add("a", 1);

  EXPECT_EQ(finder.find("aba", 1)->begin, 2u);
  EXPECT_FALSE(finder.find("aba", 3));
}

} // namespace
} // namespace microfiche::tokenizer
