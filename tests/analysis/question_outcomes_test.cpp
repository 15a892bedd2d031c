#include "analysis/question_outcomes.h"

#include <gtest/gtest.h>

#include <cmath>

namespace microfiche::analysis {
namespace {

sweep::Sample answered(const std::string& answer, bool stated = true) {
  sweep::Sample sample;
  sample.cell.mode = "nine";
  sample.cell.style = "plain";
  sample.cell.characters_per_token = 36;
  sample.page.reference = stated ? "kfqe" : "?";
  sample.page.question.emplace();
  sample.page.question->asked = "ab";
  sample.page.question->stated = stated;
  sample.page.question->pairs = 3;
  // 23 characters without the spaces of the grid.
  sample.page.question->text = "ab kfqe    c wxyz\nde   mnop ";
  sample.page.question->other_values = {"wxyz", "mnop"};
  sample.reading.text = answer;
  sample.reading.vision_tokens.nominal = 9;
  return sample;
}

TEST(QuestionOutcomesTest, TellMisreadValuesFromThoseOfOtherKeys) {
  EXPECT_EQ(outcome_of(answered(" kfqe\n")), AnswerOutcome::kRight);
  EXPECT_EQ(outcome_of(answered(" wxyz\n")), AnswerOutcome::kBinding);
  EXPECT_EQ(outcome_of(answered(" ?\n")), AnswerOutcome::kFalseNotStated);
  EXPECT_EQ(outcome_of(answered(" kfqo\n")), AnswerOutcome::kOther);
  EXPECT_EQ(outcome_of(answered("")), AnswerOutcome::kOther);
  EXPECT_EQ(outcome_of(answered(" ?\n", false)), AnswerOutcome::kRight);
  EXPECT_EQ(outcome_of(answered(" mnop\n", false)), AnswerOutcome::kBinding);
}

TEST(QuestionOutcomesTest, AreFractionsOfTheQuestionsOfTheirKind) {
  sweep::Run run;
  run.samples = {
      answered(" kfqe\n"),
      answered(" kfqe\n"),
      answered(" wxyz\n"),
      answered(" ?\n"),
      answered(" ?\n", false),
      answered(" mnop\n", false)};
  run.config.modes = {"nine"};
  run.config.characters_per_token = {36};

  const auto outcomes = compute_question_outcomes(run);

  ASSERT_EQ(outcomes.size(), 1);
  EXPECT_EQ(outcomes[0].stated, 4);
  EXPECT_DOUBLE_EQ(outcomes[0].exact.mean, 0.5);
  EXPECT_DOUBLE_EQ(outcomes[0].binding, 0.25);
  EXPECT_DOUBLE_EQ(outcomes[0].false_not_stated, 0.25);
  EXPECT_DOUBLE_EQ(outcomes[0].other, 0);
  EXPECT_EQ(outcomes[0].not_stated, 2);
  EXPECT_DOUBLE_EQ(outcomes[0].not_stated_right, 0.5);
  EXPECT_NEAR(outcomes[0].characters_per_token, 23.0 / 9, 1e-9);
  EXPECT_EQ(question_table(outcomes).rows.size(), 1);
}

TEST(QuestionOutcomesTest, AreAbsentForPagesThatAreTranscribed) {
  sweep::Run run;
  run.samples = {answered(" kfqe\n")};
  run.samples[0].page.question.reset();
  run.config.modes = {"nine"};
  run.config.characters_per_token = {36};

  EXPECT_TRUE(compute_question_outcomes(run).empty());
}

} // namespace
} // namespace microfiche::analysis
