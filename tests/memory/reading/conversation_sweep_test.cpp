#include "memory/sweep/conversation_sweep.h"

#include "core/files.h"
#include "memory/sweep/cell_rows.h"
#include "tests/memory/reading/tiny_memory.h"

#include <set>

namespace microfiche::memory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

/// Small conversations for the tiny model, in a file.
class ConversationSweepTest : public tests::TinyMemoryTest {
 protected:
  ConversationSweepTest() {
    write_file(
        folder.path() / "style.json",
        write_config(tests::small_layout().page_style).dump());
    config = {
        {"conversations",
         {{"few", {{"turns", 12}, {"facts", 4}, {"updates", 2}}}}},
        {"conversations_per_cell", 1},
        {"text", MICROFICHE_SOURCE_DIR "/data/text/training"},
        {"page_style", (folder.path() / "style.json").string()},
        {"policies",
         {{"all in t4",
           {{"policy", "uniform"},
            {"text_when_cheaper", false},
            {"options", {{"mode", "t4"}}}}}}},
        {"budgets", {1000}},
        {"generation", {{"max_new_tokens", 4}}}};
  }

  ConversationSweep load() const {
    write_file(folder.path() / "sweep.json", config.dump());
    return load_conversation_sweep(
        folder.path() / "sweep.json", MICROFICHE_SOURCE_DIR);
  }

  void expect_refused(const std::string& message) const {
    EXPECT_THAT([&] { load(); }, ThrowsMessage<InputError>(HasSubstr(message)));
  }

  std::vector<CellResult> run() {
    return run_conversations(load(), model, folder.path() / "run");
  }

  Json config;
};

TEST_F(ConversationSweepTest, EveryShippedSweepOverConversationsIsValid) {
  int64_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(
           MICROFICHE_SOURCE_DIR "/configs/sweeps")) {
    if (is_conversation_sweep(file.path())) {
      ++count;
      EXPECT_NO_THROW(
          load_conversation_sweep(file.path(), MICROFICHE_SOURCE_DIR))
          << file.path();
    }
  }
  EXPECT_GE(count, 8);
}

TEST_F(ConversationSweepTest, CellsAreTheGridOfTheAxes) {
  config["budgets"] = {100, 1000};
  config["hits"] = {0, 2};
  config["importance"] = {{"correlations", {0, 0.5, 1}}};

  const auto cells = cells_of(load());

  ASSERT_THAT(cells, SizeIs(12));
  EXPECT_EQ(cells[0].budget, 100);
  EXPECT_EQ(cells[1].budget, 1000);
  EXPECT_EQ(cells[11].correlation, 1);
  EXPECT_EQ(cells[11].hits, 2);
}

TEST_F(ConversationSweepTest, APinnedShareIsTheNewestAtCorrelationOne) {
  config["importance"] = {{"share", 0.5}, {"correlations", {-1, 1}}};

  const auto results = run();

  ASSERT_THAT(results, SizeIs(2));
  // Four keys, of which the two with the newest or oldest statements are
  // pinned.
  EXPECT_THAT(results[0].runs[0].important, SizeIs(2));
  EXPECT_THAT(results[1].runs[0].important, SizeIs(2));
  for (const auto& probe : results[1].runs[0].recall.probes) {
    const bool newest =
        results[1].runs[0].important.contains(probe.fact.value());
    const bool oldest =
        results[0].runs[0].important.contains(probe.fact.value());
    EXPECT_NE(newest, oldest) << probe.seq;
  }
}

TEST_F(ConversationSweepTest, ARandomModelRecallsNothingAndTextRecallsAll) {
  config["never_stated"] = 2;
  config["hits"] = {1};
  config["pages_per_context"] = {1, 2};

  const auto results = run();

  ASSERT_THAT(results, SizeIs(2));
  const auto cell = cell_json(results[0], 1);
  EXPECT_EQ(cell["summary"]["methods"]["transcription"]["correct"], 0);
  EXPECT_EQ(cell["summary"]["methods"]["whole_text"]["correct"], 4);
  EXPECT_EQ(cell["hit"]["n"], 1);
  EXPECT_EQ(cell["not_hit"]["n"], 3);
  EXPECT_EQ(cell["queries_of_4"]["n"], 1);
  EXPECT_EQ(cell["context_positions"], 7);
  EXPECT_EQ(cell_json(results[1], 1)["context_positions"], 14);
  // The second cell finds the vision tokens of the first.
  EXPECT_EQ(results[1].runs[0].build.encoded, 0);
  const auto accuracy = accuracy_of(results, "tiny");
  EXPECT_NO_THROW(validate(accuracy, "accuracy"));
  ASSERT_FALSE(accuracy.rows.empty());
  EXPECT_EQ(accuracy.rows[0].mode, "t4");
  // Pages of a few tokens are in the first bin, which has no gap after it.
  EXPECT_EQ(accuracy.rows[0].text_tokens, std::pair(int64_t{0}, int64_t{64}));
  EXPECT_EQ(accuracy.rows[0].recall, 0);
}

TEST_F(ConversationSweepTest, ResultsAreThereBeforeTheSweepEnds) {
  config["conversations_per_cell"] = 3;
  config["budgets"] = {500, 1000};
  ConversationSweepCallbacks callbacks;
  callbacks.results_every_seconds = 0;
  std::vector<std::pair<size_t, size_t>> finished;
  callbacks.results = [&](const std::vector<CellResult>& results) {
    finished.emplace_back(results[0].runs.size(), results[1].runs.size());
  };

  run_conversations(load(), model, folder.path() / "run", callbacks);

  EXPECT_THAT(
      finished, ElementsAre(std::pair(1, 1), std::pair(2, 2), std::pair(3, 3)));
}

TEST_F(ConversationSweepTest, ASweepThatEndsWithAnErrorHandsOverItsResults) {
  config["conversations_per_cell"] = 3;
  config["budgets"] = {500, 1000};
  ConversationSweepCallbacks callbacks;
  callbacks.progress = [](int64_t done, int64_t) {
    // In the middle of the second conversation.
    check(done < 3, "stop");
  };
  std::vector<std::pair<size_t, size_t>> finished;
  callbacks.results = [&](const std::vector<CellResult>& results) {
    finished.emplace_back(results[0].runs.size(), results[1].runs.size());
  };

  EXPECT_THAT(
      [&] {
        run_conversations(load(), model, folder.path() / "run", callbacks);
      },
      ThrowsMessage<InputError>(HasSubstr("stop")));

  EXPECT_THAT(finished, ElementsAre(std::pair(1, 1)));
}

TEST_F(ConversationSweepTest, TextKeepsAllValuesOfAKey) {
  // All of it fits into the positions of the tiny model.
  config["conversations"]["few"] = {{"turns", 4}, {"facts", 2}, {"updates", 2}};
  config["policies"] = {
      {"text", {{"policy", "uniform"}, {"options", {{"mode", "text"}}}}}};

  const auto cell = cell_json(run()[0], 1);

  EXPECT_GE(cell["all_values"]["n"], 3);
  EXPECT_EQ(cell["all_values"]["mean"], 1);
}

TEST_F(ConversationSweepTest, AGrowingConversationReusesWhatItHas) {
  config["grow_by"] = 4;

  const auto rows = grow_conversations(load(), model, folder.path() / "run");

  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[0].turns, 4);
  EXPECT_EQ(rows[2].turns, 12);
  EXPECT_EQ(rows[0].build.reused, 0);
  EXPECT_EQ(rows[2].build.reused, rows[1].pages);
  EXPECT_EQ(rows[2].build.encoded, rows[2].pages - rows[1].pages);
  // All pages stay in one mode, so the whole plan before is a prefix.
  EXPECT_EQ(rows[2].unchanged_prefix, rows[1].positions);
  EXPECT_GT(rows[2].token_bytes, rows[1].token_bytes);
  EXPECT_THAT(growth_table(rows).rows, SizeIs(3));
}

TEST_F(ConversationSweepTest, EveryAgeHasARow) {
  const auto results = run();

  const auto table = age_table(results, 1);

  int64_t questions = 0;
  std::set<std::string> ages;
  for (const auto& row : table.rows) {
    ages.insert(row[3]);
    EXPECT_EQ(row[4], "t4");
    questions += std::stoll(row[5]);
  }
  EXPECT_THAT(ages, SizeIs(table.rows.size()));
  EXPECT_EQ(questions, std::ssize(results[0].runs[0].recall.probes));
}

TEST_F(ConversationSweepTest, EveryQuestionCountsInTheQuarterOfItsPlace) {
  const auto results = run();

  const auto table = place_table(results, 1);

  int64_t questions = 0;
  for (const auto& row : table.rows) {
    EXPECT_EQ(row[3], "t4");
    const int64_t quarter = std::stoll(row[5]);
    EXPECT_GE(quarter, 1);
    EXPECT_LE(quarter, 4);
    questions += std::stoll(row[6]);
    // The tiny model has random weights and recalls nothing.
    EXPECT_TRUE(row[7].starts_with("0.000")) << row[7];
  }
  EXPECT_EQ(questions, std::ssize(results[0].runs[0].recall.probes));
}

TEST_F(ConversationSweepTest, AFileOfTheUserIsAKindOfConversations) {
  write_file(
      folder.path() / "mine.json",
      R"([{"id": "a", "conversations": [
            {"from": "human", "value": "We planted seven apples."},
            {"from": "gpt", "value": "My sister keeps goats there."}]},
          {"id": "b", "conversations": [
            {"from": "human", "value": "The miller wanted cherries then."}]},
          {"id": "c", "conversations": [
            {"from": "human", "value": "Nobody likes rotten quinces."}]}])");
  config.erase("conversations");
  config["conversation_files"] = {
      {"mine",
       {{"file", (folder.path() / "mine.json").string()}, {"cloze", 5}}}};
  config["conversations_per_cell"] = 2;

  const auto results = run();

  ASSERT_THAT(results, SizeIs(1));
  EXPECT_EQ(results[0].cell.conversation, "mine");
  ASSERT_THAT(results[0].runs, SizeIs(2));
  EXPECT_THAT(results[0].runs[0].recall.probes, SizeIs(2));
  EXPECT_THAT(
      results[0].runs[1].recall.texts.exact[0], HasSubstr("The miller"));
}

TEST_F(ConversationSweepTest, TheCacheOfAGrowingConversationIsMeasured) {
  config["conversations"]["few"] = {{"turns", 5}, {"facts", 2}, {"updates", 0}};
  config["grow_from"] = 3;
  config["grow_by"] = 1;
  config["context_cost"] = {{"answer_ids", 2}};

  const auto rows = grow_conversations(load(), model, folder.path() / "run");

  ASSERT_GE(rows.size(), 2U);
  EXPECT_EQ(rows[0].turns, 3);
  EXPECT_EQ(rows[1].turns, 4);
  for (const auto& row : rows) {
    ASSERT_TRUE(row.context && row.anew);
    EXPECT_EQ(row.context->change.kept, row.unchanged_prefix);
    EXPECT_EQ(
        row.context->change.kept + row.context->change.prefilled,
        row.positions);
    EXPECT_EQ(row.anew->prefilled, row.positions);
  }
  EXPECT_GT(rows[1].context->change.kept, 0);
  EXPECT_EQ(rows[0].text->change.prefilled, rows[0].text_positions);
}

/// A step whose pages and text take this many seconds in all.
GrowthRow step_of(int64_t turns, double pages, std::optional<double> text) {
  GrowthRow row;
  row.turns = turns;
  row.context.emplace();
  row.context->change.time.processor_seconds = pages;
  if (text) {
    row.text.emplace();
    row.text->answer.processor_seconds = *text;
  }
  return row;
}

TEST(GrowthTableTest, PagesBreakEvenWhereTheirSumStaysBelowThatOfTheText) {
  // Sums: 5 and 1, 6 and 7 (below), 9 and 8 (above), 10 and 20, text is over.
  const auto found = break_even(
      {step_of(10, 5, 1),
       step_of(20, 1, 6),
       step_of(30, 3, 1),
       step_of(40, 1, 12),
       step_of(50, 100, std::nullopt),
       step_of(10, 2, 1)});

  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].turns, 40);
  EXPECT_EQ(found[0].last_turns, 40);
  EXPECT_EQ(found[1].turns, std::nullopt);
}

TEST_F(ConversationSweepTest, WhatCannotWorkIsRefusedWithItsField) {
  const auto good = config;
  config["budgets"] = Json::array();
  expect_refused("budgets: expected at least one value");
  config = good;
  config["hits"] = {1, 1};
  expect_refused("hits: a value is there twice");
  config = good;
  config["importance"] = {{"correlations", {2}}};
  expect_refused("importance.correlations: expected values from -1 to 1");
  config = good;
  config["conversations"]["few"]["facts"] = 20;
  expect_refused("conversations.few: expected at least 1 fact");
  config = good;
  config["grow_by"] = 4;
  config["never_stated"] = 1;
  expect_refused("grow_by: nothing is asked");
  config = good;
  config["conversation_files"] = {{"few", {{"file", "x.json"}}}};
  expect_refused("conversation_files.few: conversations has the same name");
  config["conversation_files"] = {{"x", {{"file", "x"}, {"format", "chat"}}}};
  expect_refused("conversation_files.x.format: no format \"chat\"");
  config = good;
  config["context_cost"] = Json::object();
  expect_refused("context_cost have no effect without grow_by");
  config = good;
  config["policies"]["all in t4"]["policy"] = "dream";
  expect_refused("policies.all in t4");
  config = good;
  config["pages"] = 1;
  expect_refused("no field named \"pages\"");
}

} // namespace
} // namespace microfiche::memory
