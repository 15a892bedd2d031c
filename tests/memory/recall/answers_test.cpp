#include "memory/recall/answers.h"

#include "tests/memory/recall/planned_stores.h"

namespace microfiche::memory {
namespace {

const RecallReader kReader = {{"hash", "f32"}, "{}"};

/// Three pages: "gone", "m" and "m"; text tokens are bytes.
class AnswersTest : public tests::PlannedStoreTest {
 protected:
  AnswersTest() : store(open()) {
    fill(
        store,
        {{"mot is two.", "mot", "two"},
         {"kib is one.", "kib", "one"},
         {"mot is six.", "mot", "six"}});
    plan = make_plan(store, {"gone", "m", "m"});
    probes = draw_probes(store, plan, stated_facts(store, plan), {});
    texts.exact = page_texts(store, plan);
    texts.kept = {
        std::nullopt,
        KeptPage{texts.exact[1], 4, 0.25},
        KeptPage{texts.exact[2], 4, 0.5}};
    texts.blanks = {{"m", KeptPage{"", 4, 0.125}}};
    texts.count_tokens = [](const std::string& text) {
      return static_cast<int64_t>(text.size());
    };
  }

  /// The answer to the question for a key.
  Answer answer(Method method, const std::string& key) {
    for (const auto& one : answer_probes(store, plan, probes, texts)) {
      if (one.method == method && probes[one.probe].key == key) {
        return one;
      }
    }
    ADD_FAILURE() << key;
    return {};
  }

  Store store;
  StoredPlan plan;
  std::vector<Probe> probes;
  RecallTexts texts;
};

TEST_F(AnswersTest, APageThatIsReadGivesTheValue) {
  const auto found = answer(Method::kTranscription, "kib");

  EXPECT_EQ(found.text, "one");
  EXPECT_EQ(found.outcome, Outcome::kCorrect);
  EXPECT_EQ(found.answered_item, 1U);
  EXPECT_EQ(found.positions, plan.spent);
  // Both pages were looked at, the newest first.
  EXPECT_EQ(found.seconds, 0.75);
}

TEST_F(AnswersTest, AQuestionOfADataSetIsRightIfItsPageSpellsTheAnswer) {
  probes = {{"Which one?", 2, 2, 1, {"One", "question", {}, {}, {}}}};

  EXPECT_EQ(
      answer(Method::kTranscription, "Which one?").outcome, Outcome::kCorrect);
  EXPECT_EQ(
      answer(Method::kWholeText, "Which one?").outcome, Outcome::kCorrect);
  EXPECT_EQ(
      answer(Method::kWrongPage, "Which one?").outcome, Outcome::kAbstained);
  EXPECT_EQ(
      answer(Method::kBlankPage, "Which one?").outcome, Outcome::kAbstained);
  // Another page spells it, and part of a word does not count.
  texts.kept[1]->text = "kib is ones.";
  texts.kept[2]->text = "mot is one.";
  EXPECT_EQ(
      answer(Method::kTranscription, "Which one?").outcome,
      Outcome::kAbstained);
}

TEST_F(AnswersTest, AMisreadValueIsInventedAndAMissedPageAbstains) {
  texts.kept[1]->text = "[2 user] kib is ane.";
  EXPECT_EQ(answer(Method::kTranscription, "kib").outcome, Outcome::kInvented);

  texts.kept[1]->text = "[2 user] klb is one.";
  EXPECT_EQ(answer(Method::kTranscription, "kib").outcome, Outcome::kAbstained);
}

TEST_F(AnswersTest, AnOlderPageThatIsReadInPlaceOfTheNewestIsStale) {
  texts.kept[0] = KeptPage{texts.exact[0], 4, 0};
  texts.kept[2]->text = "[3 user] m0t is six.";

  const auto found = answer(Method::kTranscription, "mot");

  EXPECT_EQ(found.text, "two");
  EXPECT_EQ(found.outcome, Outcome::kStale);
  EXPECT_EQ(found.answered_item, 0U);
}

TEST_F(AnswersTest, AWrongPageTakesThePlaceOfTheRightOne) {
  EXPECT_EQ(answer(Method::kWrongPage, "kib").outcome, Outcome::kAbstained);
  EXPECT_EQ(answer(Method::kBlankPage, "kib").outcome, Outcome::kAbstained);

  texts.blanks["m"].text = "kib is two";
  EXPECT_EQ(answer(Method::kBlankPage, "kib").outcome, Outcome::kSource);
}

TEST_F(AnswersTest, FullTextFindsAllAndCostsTheTextOfAllPages) {
  for (const std::string key : {"kib", "mot"}) {
    const auto found = answer(Method::kWholeText, key);
    EXPECT_EQ(found.outcome, Outcome::kCorrect) << key;
    EXPECT_EQ(found.positions, plan.text_positions);
  }
}

TEST_F(AnswersTest, NewestAndOldestTextKeepWholePagesWithinThePositions) {
  // "[1 user] mot is two." has 20 bytes; one page fits into 39 positions.
  plan.spent = 39;

  EXPECT_EQ(answer(Method::kNewestText, "mot").text, "six");
  EXPECT_EQ(answer(Method::kNewestText, "kib").text, "");
  EXPECT_EQ(answer(Method::kNewestText, "kib").positions, 20);
  const auto oldest = answer(Method::kOldestText, "mot");
  EXPECT_EQ(oldest.text, "two");
  EXPECT_EQ(oldest.outcome, Outcome::kStale);
  EXPECT_EQ(oldest.positions, 20);
}

TEST_F(AnswersTest, TextSearchFetchesTurnsOfThisConversationOnly) {
  add(store, "other", {"kib is else.", "kib is else, too."});

  const auto found = answer(Method::kTextSearch, "kib");

  EXPECT_EQ(found.text, "one");
  EXPECT_EQ(found.positions, 11);
  // Of two turns with the key the newer one counts.
  EXPECT_EQ(answer(Method::kTextSearch, "mot").text, "six");
  EXPECT_EQ(answer(Method::kTextSearch, "mot").positions, 22);
}

TEST_F(AnswersTest, AnswersAreKeptInPlaceOfEarlierOnesOfThePlan) {
  const auto answers = answer_probes(store, plan, probes, texts);
  save_answers(store, plan, kReader, probes, texts, answers);
  save_answers(store, plan, kReader, probes, texts, answers);

  auto& database = store.database();
  EXPECT_EQ(
      database.integer("SELECT count(*) FROM answer"),
      static_cast<int64_t>(answers.size()));
  EXPECT_EQ(database.integer("SELECT count(*) FROM probe"), 2);
  Statement query(
      database,
      "SELECT answer.mode, tier, age_pages, age_turns, positions, "
      "page_positions, characters_per_token, answer.page, outcome "
      "FROM answer JOIN probe ON probe.id = answer.probe "
      "WHERE method = 'transcription' AND question = 'kib'");
  ASSERT_TRUE(query.next());
  EXPECT_EQ(query.text(0), "m");
  EXPECT_EQ(query.integer(1), 1);
  EXPECT_EQ(query.integer(2), 1);
  EXPECT_EQ(query.integer(3), 1);
  EXPECT_EQ(query.integer(4), 15);
  EXPECT_EQ(query.integer(5), 5);
  // 20 characters on 4 vision tokens.
  EXPECT_EQ(query.number(6), 5.0);
  EXPECT_EQ(query.integer(7), plan.items[1].page);
  EXPECT_EQ(query.text(8), "correct");
}

TEST_F(AnswersTest, AnotherDtypeOrModelIsAnotherRun) {
  const auto answers = answer_probes(store, plan, probes, texts);
  const auto f32 = save_answers(store, plan, kReader, probes, texts, answers);
  const auto bf16 = save_answers(
      store, plan, {{"hash", "bf16"}, "{}"}, probes, texts, answers);
  const auto other = save_answers(
      store, plan, {{"weights", "f32"}, "{}"}, probes, texts, answers);

  EXPECT_NE(f32.run, bf16.run);
  EXPECT_NE(f32.run, other.run);
  EXPECT_NE(bf16.run, other.run);
  EXPECT_EQ(
      store.database().integer("SELECT count(*) FROM answer"),
      static_cast<int64_t>(3 * answers.size()));
}

TEST_F(AnswersTest, ANeverStatedKeyHasNoPageAndNoAge) {
  Probe probe;
  probe.key = "zzz";
  probes = {probe};
  save_answers(
      store,
      plan,
      kReader,
      probes,
      texts,
      answer_probes(store, plan, probes, texts));

  Statement query(
      store.database(),
      "SELECT count(*), count(page), count(age_pages), count(mode) "
      "FROM answer WHERE outcome = 'abstained' AND text = ''");
  ASSERT_TRUE(query.next());
  EXPECT_EQ(query.integer(0), 9);
  EXPECT_EQ(query.integer(1) + query.integer(2) + query.integer(3), 0);
}

} // namespace
} // namespace microfiche::memory
