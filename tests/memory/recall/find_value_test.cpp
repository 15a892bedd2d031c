#include "memory/recall/find_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::memory {
namespace {

using ::testing::Eq;
using ::testing::Optional;

std::optional<std::string> stated(
    const std::string& text,
    const std::string& key) {
  return ValueText(text).find(key, /*connected=*/true);
}

TEST(FindValueTest, AValueStandsBehindItsKeyAndAConnectingWord) {
  EXPECT_THAT(
      stated("[3u] The code of bafit is 4821.", "bafit"), Optional(Eq("4821")));
  EXPECT_THAT(stated("locker 17: kfqe", "locker 17"), Optional(Eq("kfqe")));
  EXPECT_THAT(stated("a -> b c, d", "a"), Optional(Eq("b c")));
}

TEST(FindValueTest, LineBreaksOfAPageAreSpaces) {
  EXPECT_THAT(
      stated("The code\nof locker\n17 is\nkfqe.\n", "locker 17"),
      Optional(Eq("kfqe")));
}

TEST(FindValueTest, TheLastStatementWins) {
  EXPECT_THAT(
      stated("bafit is 1. Later: bafit is now 2. bafit?", "bafit"),
      Optional(Eq("2")));
}

TEST(FindValueTest, AKeyCountsOnlyAsWholeWords) {
  EXPECT_EQ(stated("The code of rebafit is 1.", "bafit"), std::nullopt);
  EXPECT_EQ(stated("The code of bafits is 1.", "bafit"), std::nullopt);
  EXPECT_THAT(stated("BAFIT is 1.", "bafit"), Optional(Eq("1")));
}

TEST(FindValueTest, AMentionIsNoStatement) {
  EXPECT_EQ(stated("What is the code of bafit?", "bafit"), std::nullopt);
  EXPECT_EQ(stated("I like bafit issues", "bafit"), std::nullopt);
}

TEST(FindValueTest, WithoutAConnectingWordTheNextWordsAreTheValue) {
  EXPECT_THAT(
      ValueText("ab kfqe, cd xyzw").find("cd", /*connected=*/false),
      Optional(Eq("xyzw")));
  EXPECT_EQ(
      ValueText("ab is kfqe").find("ab", /*connected=*/false), std::nullopt);
}

TEST(FindValueTest, AFullStopInsideAValueDoesNotEndIt) {
  EXPECT_THAT(stated("pi is 3.14. And", "pi"), Optional(Eq("3.14")));
}

TEST(FindValueTest, AValueEndsAtTheNextTurn) {
  EXPECT_THAT(stated("a is b [13 user] c", "a"), Optional(Eq("b")));
}

TEST(FindValueTest, AValueOfManyWordsIsWhole) {
  EXPECT_THAT(
      stated(
          "The plan is to meet at the old bridge behind the town hall. So.",
          "plan"),
      Optional(Eq("to meet at the old bridge behind the town hall")));
}

TEST(FindValueTest, NowAtTheEndOfASentenceIsNoPartOfTheValue) {
  EXPECT_THAT(stated("The time is 12:30 now.", "time"), Optional(Eq("12:30")));
  EXPECT_THAT(stated("The time is now 12:30.", "time"), Optional(Eq("12:30")));
}

TEST(FindValueTest, TheValueOfATurnStandsBehindItsKey) {
  const std::string text = "I like blue. The colour of mitra is blue.";

  EXPECT_EQ(find_value_place(text, "Colour of Mitra", "blue"), 36);
  EXPECT_EQ(find_value_place(text, "colour of other", "blue"), 7);
  EXPECT_EQ(find_value_place(text, "colour of mitra", "red"), std::nullopt);
}

TEST(FindValueTest, TheKeyOfAQuestionIsTheLongestKnownKey) {
  EXPECT_EQ(
      find_key("What is the code of Locker 17?", {"locker", "locker 17"}),
      "locker 17");
  EXPECT_EQ(find_key("Which lockers?", {"locker"}), "lockers");
}

TEST(FindValueTest, WithoutAKnownKeyTheQuestionWordsAreLeftOut) {
  EXPECT_EQ(find_key("What is the code of bafit?", {}), "code of bafit");
  EXPECT_EQ(find_key("bafit", {}), "bafit");
  EXPECT_EQ(find_key("What is the?", {}), "the");
  EXPECT_EQ(find_key(" ?", {}), "");
}

} // namespace
} // namespace microfiche::memory
