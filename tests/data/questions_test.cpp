#include "data/questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

QuestionMixConfig all_stated() {
  QuestionMixConfig mix;
  mix.not_stated = 0;
  return mix;
}

TEST(QuestionsTest, FindValuesAcrossLineBreaks) {
  const std::vector<Pair> pairs = {{"ab", "kf"}, {"c", "wxy"}, {"d", "zz"}};
  const std::string page = "ab\nkf, c wxy,\nd z";

  const auto bytes = bytes_of_values(pairs, ", ", page);

  EXPECT_THAT(bytes[0], ElementsAre(3, 4));
  EXPECT_THAT(bytes[1], ElementsAre(9, 10, 11));
  // The page ends inside the last value.
  EXPECT_THAT(bytes[2], IsEmpty());
}

TEST(QuestionsTest, AskForTheLastValueOfAKey) {
  const std::vector<Pair> older = {{"ab", "old"}, {"c", "wxy"}};
  const std::vector<Pair> newer = {{"ab", "new"}};
  RandomStream random(1, "questions");

  const auto questions = draw_pair_questions(
      {older, newer},
      {{{3, 4, 5}, {9, 10, 11}}, {{3, 4, 5}}},
      10,
      all_stated(),
      random);

  ASSERT_EQ(questions.size(), 2);
  for (const auto& question : questions) {
    EXPECT_EQ(question.answer, question.asked == "ab" ? "new" : "wxy");
    EXPECT_EQ(question.page, question.asked == "ab" ? 1 : 0);
  }
}

TEST(QuestionsTest, NeverAskForAPairThatIsNotOnThePage) {
  RandomStream random(1, "questions");

  const auto questions = draw_pair_questions(
      {{{"ab", "kf"}, {"c", "wxy"}}}, {{{3, 4}, {}}}, 10, all_stated(), random);

  ASSERT_EQ(questions.size(), 1);
  EXPECT_EQ(questions[0].asked, "ab");
}

TEST(QuestionsTest, AskForKeysThatAreNotStatedAtTheirRate) {
  auto mix = all_stated();
  mix.not_stated = 0.25;
  RandomStream random(1, "questions");
  std::vector<Pair> pairs;
  append_pairs(pairs, 30, mix.pairs, random);
  int asked = 0;
  int not_stated = 0;
  for (int i = 0; i < 200; ++i) {
    for (const auto& question : draw_pair_questions(
             {pairs},
             {std::vector(30, std::vector<int64_t>{1})},
             6,
             mix,
             random)) {
      ++asked;
      if (question.answer == kNotStated) {
        ++not_stated;
        EXPECT_THAT(question.bytes, IsEmpty());
        for (const auto& pair : pairs) {
          EXPECT_NE(pair.key, question.asked);
        }
      }
    }
  }
  EXPECT_EQ(asked, 1200);
  EXPECT_NEAR(not_stated, 300, 60);
}

TEST(QuestionsTest, AskForTheRestOfALineByItsUniqueBeginning) {
  const std::string page = "In the beginning\nIn that day he\nwent";
  RandomStream random(1, "questions");

  const auto questions =
      draw_line_questions(page, "other text", 10, all_stated(), random);

  // "In th" is twice on the page.
  ASSERT_EQ(questions.size(), 3);
  for (const auto& question : questions) {
    if (question.asked == "In the") {
      EXPECT_EQ(question.answer, "beginning");
      EXPECT_EQ(question.bytes.front(), 7);
      EXPECT_EQ(question.bytes.back(), 15);
    } else if (question.asked == "In tha") {
      EXPECT_EQ(question.answer, "t day he");
    } else {
      EXPECT_EQ(question.asked, "wen");
      EXPECT_EQ(question.answer, "t");
    }
  }
}

TEST(QuestionsTest, NeverAskByABeginningThatStandsElsewhereInTheText) {
  RandomStream random(1, "questions");

  const auto questions = draw_line_questions(
      "went home\nand went away", "", 10, all_stated(), random);

  // "went h" is unique, "and" is.
  for (const auto& question : questions) {
    EXPECT_THAT(question.asked, ::testing::AnyOf("went h", "and"));
  }
  EXPECT_EQ(questions.size(), 2);
}

TEST(QuestionsTest, NeverCutACharacterOfSeveralBytes) {
  auto mix = all_stated();
  mix.prefix_characters = {3, 3};
  RandomStream random(1, "questions");

  EXPECT_THAT(
      draw_line_questions("ab\xC3\xA9 cd", "", 10, mix, random), IsEmpty());
}

} // namespace
} // namespace microfiche::data
