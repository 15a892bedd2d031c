#include "memory/reading/ask.h"

#include "tests/memory/reading/tiny_memory.h"

namespace microfiche::memory {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// What the model reads is replaced in the store, so that the tests say what
/// stands on the pages.
class AskTest : public tests::TinyMemoryTest {
 protected:
  AskTest() : plan(plan_of({"gone", "t4", "t4", "text"})) {
    build(plan);
    read(plan, {1, 2});
    set_reading(1, "mot is two.");
    set_reading(2, "dal is six. mot was seen.");
  }

  void set_reading(size_t item, const std::string& text) {
    const auto tokens = find_token_file(
        store,
        plan.items[item].page,
        plan.items[item].mode,
        plan.items[item].how,
        token_file_model(model));
    Statement update(
        store.database(), "UPDATE reading SET text = ?1 WHERE token_file = ?2");
    update.bind(text, tokens->id).run();
  }

  std::optional<FoundAnswer> ask(const std::string& key, int64_t batch = 2) {
    PlanReader reader(store, plan, model, reading);
    looked_at.clear();
    return ask_by_transcription(
        reader, plan, key, batch, [&](int64_t done, int64_t) {
          looked_at.push_back(done);
        });
  }

  StoredPlan plan;
  std::vector<int64_t> looked_at;
};

TEST_F(AskTest, TheNewestPageThatStatesTheKeyAnswers) {
  const auto found = ask("mot");

  ASSERT_TRUE(found.has_value());
  // "mot was seen" stands on a newer page, and "was" connects.
  EXPECT_EQ(found->value, "seen");
  EXPECT_EQ(found->item, 2U);
  set_reading(2, "dal is six. mot?");
  EXPECT_EQ(ask("mot")->value, "two");
  EXPECT_EQ(ask("mot")->first_seq, 2);
}

TEST_F(AskTest, AnAnswerFromSeveralPagesNamesAllTheirTurns) {
  reading.pages_per_context = 2;
  read(plan, {1, 2});
  Statement update(
      store.database(),
      "UPDATE reading SET text = 'mot is two. dal is six.' "
      "WHERE instr(reading_config, 'pages_per_context')");
  update.run();

  const auto found = ask("mot");

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->value, "two");
  EXPECT_EQ(found->item, 2U);
  EXPECT_EQ(found->first_seq, 2);
  EXPECT_EQ(found->last_seq, 3);
  EXPECT_EQ(found->positions, 14);
}

TEST_F(AskTest, PagesBehindTheAnswerAreNotRead) {
  store.database().run("DELETE FROM reading");

  const auto found = ask("ruf", /*batch=*/1);

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->value, "ten");
  EXPECT_EQ(found->item, 3U);
  EXPECT_EQ(store.database().integer("SELECT count(*) FROM reading"), 0);
}

TEST_F(AskTest, WhatIsGoneIsNotFoundAndTextSearchFindsIt) {
  EXPECT_FALSE(ask("kib").has_value());
  EXPECT_EQ(looked_at, (std::vector<int64_t>{2, 3}));

  const auto found = ask_text(store, 1, "kib");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->value, "one");
  EXPECT_EQ(found->first_seq, 1);
  EXPECT_FALSE(ask_text(store, 1, "nothing").has_value());
}

TEST_F(AskTest, AQuestionNamesItsKey) {
  EXPECT_EQ(key_of_question(store, 1, "What is MOT?"), "mot");
  EXPECT_THAT(
      [&] { key_of_question(store, 1, "?"); },
      ThrowsMessage<UsageError>(HasSubstr("no word to look for")));
}

TEST_F(AskTest, LookupIsRefusedByAModelThatHasNotLearnedIt) {
  const PlanReader reader(store, plan, model, reading);

  EXPECT_THAT(
      [&] { ask_by_lookup(reader, plan, model, "mot"); },
      ThrowsMessage<InputError>(
          HasSubstr("has not learned to answer a question")));
}

TEST_F(AskTest, LookupSearchesPagesThatAreKeptAsText) {
  model.config.toolkit.trained_on = model::TrainedOn();
  model.config.toolkit.trained_on->questions = true;
  const PlanReader reader(store, plan, model, reading);

  const auto found = ask_by_lookup(reader, plan, model, "ruf");

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->value, "ten");
  EXPECT_EQ(found->item, 3U);
}

TEST_F(AskTest, AnAnswerPromotesItsPage) {
  record_access(store, plan, 2, "mot", /*now_ms=*/7);

  Statement query(store.database(), "SELECT page, at_seq, hit FROM access");
  ASSERT_TRUE(query.next());
  EXPECT_EQ(query.integer(0), plan.items[2].page);
  EXPECT_EQ(query.integer(1), plan.now_seq);
  EXPECT_EQ(query.integer(2), 1);
}

} // namespace
} // namespace microfiche::memory
