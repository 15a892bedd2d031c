#include "memory/reading/recall.h"

#include "tests/memory/reading/tiny_memory.h"

namespace microfiche::memory {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class RecallTest : public tests::TinyMemoryTest {
 protected:
  RecallResult recall_of(const StoredPlan& plan, int64_t limit = 0) {
    RecallConfig config;
    config.reading = reading;
    config.probes.limit = limit;
    config.probes.never_stated = 2;
    return recall(store, plan, model, config);
  }

  std::vector<Outcome> outcomes(const RecallResult& result, Method method) {
    std::vector<Outcome> list;
    for (const auto& answer : result.run.answers) {
      if (answer.method == method && result.run.probes[answer.probe].fact) {
        list.push_back(answer.outcome);
      }
    }
    return list;
  }
};

TEST_F(RecallTest, ARandomModelRecallsNothingAndTextRecallsAll) {
  const auto plan = plan_of({"t4", "t4", "t9", "t9"});
  build(plan);

  const auto result = recall_of(plan);

  EXPECT_EQ(result.num_read, 4);
  EXPECT_THAT(
      outcomes(result, Method::kTranscription), Each(Outcome::kAbstained));
  EXPECT_THAT(outcomes(result, Method::kWholeText), Each(Outcome::kCorrect));
  EXPECT_THAT(outcomes(result, Method::kTextSearch), Each(Outcome::kCorrect));
  // Four facts and two keys that were never stated, in nine ways.
  EXPECT_EQ(store.database().integer("SELECT count(*) FROM answer"), 54);
}

TEST_F(RecallTest, PagesInTheTierTextAreRecalledAndThoseGoneAreNot) {
  const auto plan = plan_of({"gone", "text", "gone", "text"});

  const auto result = recall_of(plan);

  // Newest first.
  EXPECT_EQ(
      outcomes(result, Method::kTranscription),
      (std::vector<Outcome>{
          Outcome::kCorrect,
          Outcome::kAbstained,
          Outcome::kCorrect,
          Outcome::kAbstained}));
  EXPECT_THAT(outcomes(result, Method::kWrongPage), Each(Outcome::kAbstained));
}

TEST_F(RecallTest, AskingAgainReadsNothingAndKeepsOneAnswerEach) {
  const auto plan = plan_of({"t4", "t4", "t9", "t9"});
  build(plan);
  recall_of(plan);

  const auto again = recall_of(plan);

  EXPECT_EQ(again.num_read, 0);
  EXPECT_EQ(again.num_reused, 4);
  EXPECT_EQ(store.database().integer("SELECT count(*) FROM answer"), 54);
}

TEST_F(RecallTest, FewerQuestionsLeaveTheAnswersOfTheOthers) {
  const auto plan = plan_of({"t4", "t4", "t9", "t9"});
  build(plan);
  const auto all = recall_of(plan);

  const auto few = recall_of(plan, /*limit=*/1);

  EXPECT_EQ(all.saved.other_questions, 0);
  EXPECT_EQ(few.saved.run, all.saved.run);
  EXPECT_EQ(few.saved.other_questions, 3);
  EXPECT_EQ(store.database().integer("SELECT count(*) FROM answer"), 54);
}

TEST_F(RecallTest, AnotherReadingConfigIsAnotherRun) {
  const auto plan = plan_of({"t4", "t4", "t9", "t9"});
  build(plan);
  const auto first = recall_of(plan);
  reading.generation.max_new_tokens = 3;

  const auto second = recall_of(plan);

  EXPECT_NE(first.saved.run, second.saved.run);
  EXPECT_EQ(second.num_read, 4);
  EXPECT_EQ(store.database().integer("SELECT count(*) FROM answer"), 108);
  EXPECT_EQ(store.database().integer("SELECT count(*) FROM reading"), 8);
}

TEST_F(RecallTest, PlansKeepTheirOwnAnswers) {
  const auto first = plan_of({"t4", "t4", "t4", "t4"});
  const auto second = plan_of({"text", "text", "text", "text"});
  build(first);
  recall_of(first);

  recall_of(second);

  EXPECT_EQ(
      store.database().integer("SELECT count(DISTINCT plan) FROM answer"), 2);
}

TEST_F(RecallTest, APlanThatWasNotBuiltIsRefused) {
  const auto plan = plan_of({"t4"});

  EXPECT_THAT(
      [&] { recall_of(plan); },
      ThrowsMessage<InputError>(HasSubstr("memory build")));
}

} // namespace
} // namespace microfiche::memory
