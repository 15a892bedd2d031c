#include "memory/recall/recall_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::memory {
namespace {

using ::testing::HasSubstr;

/// One page in mode "m", and answers by transcription: `correct` right ones,
/// `wrong` invented ones, and one to a key that was never stated.
RecallRun run_of(int correct, int wrong) {
  RecallRun run;
  run.conversation = "c";
  run.plan.spent = 12;
  run.plan.items.resize(1);
  run.plan.items[0].page = 5;
  run.plan.items[0].mode = "m";
  run.texts.kept.resize(1);
  for (int i = 0; i <= correct + wrong; ++i) {
    Probe probe;
    Answer answer;
    if (i < correct + wrong) {
      probe.fact = i;
      probe.item = 0;
      answer.outcome = i < correct ? Outcome::kCorrect : Outcome::kInvented;
    }
    answer.probe = run.probes.size();
    answer.positions = 12;
    run.probes.push_back(probe);
    run.answers.push_back(answer);
  }
  return run;
}

TEST(RecallReportTest, OneConversationHasAnIntervalOverItsQuestions) {
  const auto summary = summarize({run_of(8, 2)}, /*seed=*/0);
  const auto& json = summary["methods"]["transcription"];

  EXPECT_EQ(json["n"], 10);
  EXPECT_EQ(json["correct"], 8);
  EXPECT_EQ(json["recall"]["interval"], "probes");
  // Wilson's interval of 8 of 10, from his formula in Python.
  EXPECT_NEAR(json["recall"]["low"], 0.4901625, 1e-6);
  EXPECT_NEAR(json["recall"]["high"], 0.9433178, 1e-6);
  EXPECT_EQ(json["outcomes"]["invented"], 2);
  EXPECT_EQ(json["positions_per_fact"], 1.5);
  EXPECT_EQ(json["never_stated"]["n"], 1);
  EXPECT_EQ(json["never_stated"]["outcomes"]["abstained"], 1);
}

TEST(RecallReportTest, SeveralConversationsAreDrawnAsAWhole) {
  std::vector<RecallRun> runs;
  for (int i = 0; i < 4; ++i) {
    runs.push_back(run_of(10 * (i % 2), 10 - 10 * (i % 2)));
  }
  // Four are too few to draw from.
  EXPECT_EQ(
      summarize(
          runs, /*seed=*/0)["methods"]["transcription"]["recall"]["interval"],
      "probes");
  runs.push_back(run_of(5, 5));

  const auto summary = summarize(runs, /*seed=*/0);
  const auto& recall = summary["methods"]["transcription"]["recall"];

  EXPECT_EQ(recall["interval"], "conversations");
  EXPECT_EQ(recall["mean"], 0.5);
  // Wilson's interval of 25 of 50 is [0.366, 0.634]: conversations that differ
  // say less than as many independent questions.
  EXPECT_LT(recall["low"].get<double>(), 0.25);
  EXPECT_GT(recall["high"].get<double>(), 0.75);
}

TEST(RecallReportTest, TranscriptionIsSplitByMode) {
  const auto summary = summarize({run_of(3, 1)}, /*seed=*/0);

  EXPECT_EQ(summary["transcription_by_mode"]["m"]["correct"], 3);
  EXPECT_THAT(to_text(recall_table(summary)), HasSubstr("pages in m"));
}

TEST(RecallReportTest, ARowNamesQuestionAndPage) {
  const auto run = run_of(1, 0);

  const auto stated = sample_row(run, run.answers[0]);
  EXPECT_EQ(stated["page"], 5);
  EXPECT_EQ(stated["outcome"], "correct");
  EXPECT_EQ(stated["age_pages"], 0);
  const auto never = sample_row(run, run.answers[1]);
  EXPECT_FALSE(never["stated"]);
  EXPECT_TRUE(never["page"].is_null());
}

} // namespace
} // namespace microfiche::memory
