#include "core/json.h"
#include "tests/apps/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>
#include <string>

// memory generate, build, recall and ask, with the model that ships.

namespace microfiche {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using tests::Outcome;

/// A folder with a store.
struct MemoryFolder {
  std::filesystem::path path;

  Outcome run(const std::string& arguments) const {
    return tests::run_program(path, "memory " + arguments + " --store my.db");
  }

  std::string must(const std::string& arguments) const {
    const auto outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << arguments << "\n" << outcome.err;
    return outcome.out;
  }

  Outcome generate(const std::string& arguments) const {
    return tests::run_program(path, "memory generate " + arguments);
  }

  void plan(const std::string& mode) const {
    write_file(
        path / "policy.json",
        R"({"policy": "uniform", "text_when_cheaper": false,
            "options": {"mode": ")" +
            mode + "\"}}");
    must("plan --policy policy.json");
  }
};

class MemoryRecallCommandTest : public ::testing::Test {
 protected:
  /// A conversation of 24 turns with 12 facts, on pages that the model reads
  /// well, and plan 1 with its vision tokens. The tests work on copies.
  static void SetUpTestSuite() {
    made_folder = new tests::TemporaryFolder();
    const MemoryFolder made{made_folder->path()};
    made.generate("--turns 24 --facts 12 --updates 2 --seed 3 -o turns.jsonl");
    made.must("import turns.jsonl");
    made.must("pages --seal --header short --style '" MICROFICHE_SOURCE_DIR
              "/configs/pages/nano_memory.json'");
    made.plan("nano-9");
    made.must("build");
  }
  static void TearDownTestSuite() {
    delete made_folder;
  }

  MemoryRecallCommandTest() {
    std::filesystem::copy(
        made_folder->path(),
        folder.path(),
        std::filesystem::copy_options::recursive);
  }

  void expect_failure(
      const std::string& arguments,
      int exit_code,
      const std::string& message) const {
    const auto outcome = memory.run(arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << arguments;
    EXPECT_THAT(outcome.err, HasSubstr(message)) << arguments;
  }

  /// The facts of the generated file, in their order.
  std::vector<Json> facts() const {
    std::istringstream lines(read_file(folder.path() / "turns.jsonl"));
    std::vector<Json> list;
    for (std::string line; std::getline(lines, line);) {
      const auto turn = parse_json(line, "turns.jsonl");
      for (const auto& fact : turn.value("facts", Json::array())) {
        list.push_back(fact);
      }
    }
    return list;
  }

  /// Files of the store with these bytes.
  int num_files_with(const std::string& bytes) const {
    int count = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder.path())) {
      const auto path = entry.path().string();
      count += path.find("my.db") != std::string::npos &&
              entry.is_regular_file() &&
              read_file(path).find(bytes) != std::string::npos
          ? 1
          : 0;
    }
    return count;
  }

  std::set<std::string> token_files() const {
    std::set<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder.path() / "my.db.files")) {
      if (entry.path().extension() == ".safetensors") {
        names.insert(entry.path().filename());
      }
    }
    return names;
  }

  inline static tests::TemporaryFolder* made_folder = nullptr;
  tests::TemporaryFolder folder;
  const MemoryFolder memory{folder.path()};
};

TEST_F(MemoryRecallCommandTest, TheShippedModelRecallsWhatItsPagesState) {
  const auto summary = parse_json(
      memory.must(
          "recall --limit 10 --never-stated 3 --format json -o results"),
      "summary");

  const auto& methods = summary["methods"];
  EXPECT_EQ(methods["transcription"]["n"], 10);
  // Measured when it was written: .97 of 120 facts of such pages.
  EXPECT_GE(methods["transcription"]["correct"], 8);
  EXPECT_EQ(methods["whole_text"]["correct"], 10);
  EXPECT_EQ(methods["text_search"]["correct"], 10);
  EXPECT_EQ(methods["blank_page"]["correct"], 0);
  EXPECT_EQ(methods["wrong_page"]["correct"], 0);
  EXPECT_EQ(methods["transcription"]["never_stated"]["n"], 3);
  EXPECT_LT(
      methods["newest_text"]["positions"], methods["whole_text"]["positions"]);
  EXPECT_EQ(
      read_json_file(folder.path() / "results/summary.json")["methods"],
      methods);
  std::istringstream rows(read_file(folder.path() / "results/samples.jsonl"));
  int num_rows = 0;
  for (std::string line; std::getline(rows, line); ++num_rows) {
    EXPECT_TRUE(parse_json(line, "samples.jsonl").contains("outcome"));
  }
  // 13 questions in nine ways.
  EXPECT_EQ(num_rows, 117);
}

TEST_F(MemoryRecallCommandTest, AModeTooSmallToReadRecallsNothing) {
  memory.plan("nano-1");
  memory.must("build");

  const auto summary =
      parse_json(memory.must("recall --format json"), "summary");

  // 8.9-px type: measured 0 of 120 facts.
  EXPECT_EQ(summary["methods"]["transcription"]["correct"], 0);
  EXPECT_EQ(summary["methods"]["whole_text"]["correct"], 12);
}

TEST_F(MemoryRecallCommandTest, AnExcerptIsReadWhereTheResizedPageIsNot) {
  write_file(
      folder.path() / "policy.json",
      R"({"policy": "uniform", "options": {"mode": "nano-1"},
          "ageing": {"nano-1": {"how": "excerpt", "font_size_px": 13.28,
                                "line_height": 1.2048}}})");
  memory.must("plan --policy policy.json");
  memory.must("build");

  const auto summary =
      parse_json(memory.must("recall --format json"), "recall");

  const auto& pages = summary["methods"]["transcription"];
  EXPECT_EQ(pages["n"], 12);
  EXPECT_GE(pages["correct"], 8) << pages.dump();
}

TEST_F(MemoryRecallCommandTest, SentencesAreQuestionsWhereNoFactIsStated) {
  write_file(
      folder.path() / "mine.json",
      R"([{"id": "mine", "conversations": [
            {"from": "human", "value": "We planted seven apple trees."},
            {"from": "gpt", "value": "My sister keeps goats there."}]}])");
  memory.must("import mine.json");
  memory.must(
      "pages --conversation mine --seal --header short --style '" MICROFICHE_SOURCE_DIR
      "/configs/pages/nano_memory.json'");
  memory.must("plan --conversation mine --policy policy.json");
  memory.must("build --conversation mine");

  expect_failure("recall --conversation mine", 3, "state no fact");
  const auto summary = parse_json(
      memory.must("recall --conversation mine --cloze 9 --format json"),
      "recall");

  EXPECT_EQ(summary["methods"]["transcription"]["n"], 2);
  EXPECT_EQ(summary["methods"]["whole_text"]["correct"], 2);
}

TEST_F(MemoryRecallCommandTest, ABuildReusesWhatIsThere) {
  memory.plan("nano-4");
  EXPECT_THAT(memory.must("build"), HasSubstr(" 0 reused"));

  EXPECT_THAT(memory.must("build"), HasSubstr(": 0 pages encoded"));
  // The pages of plan 1 are those of a new plan in its mode.
  memory.plan("nano-9");
  EXPECT_THAT(memory.must("build"), HasSubstr(": 0 pages encoded"));
  EXPECT_THAT(memory.must("build --plan 2"), HasSubstr(": 0 pages encoded"));
}

TEST_F(MemoryRecallCommandTest, AskPrintsTheValueAndWhereItStands) {
  const auto fact = facts().back();
  const std::string question =
      "ask 'What is the word of " + fact["key"].get<std::string>() + "?' ";

  const auto json =
      parse_json(memory.must(question + "--format json"), "answer of ask");
  const auto text = memory.must(question + "--by text_search");

  EXPECT_EQ(json["key"], fact["key"]);
  EXPECT_EQ(json["mode"], "nano-9");
  EXPECT_EQ(json["positions"], 13);
  EXPECT_LE(json["age_pages"], 3);
  EXPECT_EQ(text, fact["value"].get<std::string>() + "\n");
  EXPECT_EQ(memory.must(question), json["answer"].get<std::string>() + "\n");
}

TEST_F(MemoryRecallCommandTest, WhatNoPageStatesIsAQuestionMark) {
  EXPECT_EQ(memory.must("ask zzzzz"), "?\n");
  EXPECT_EQ(memory.must("ask zzzzz --by text_search"), "?\n");
}

TEST_F(MemoryRecallCommandTest, LookupNeedsAModelThatHasLearnedIt) {
  expect_failure("ask x --by lookup", 3, "has not learned to answer");
}

TEST_F(MemoryRecallCommandTest, WhatIsMissingIsNamedWithItsCommand) {
  memory.plan("nano-4");

  expect_failure("recall", 3, "memory build");
  expect_failure("ask x", 3, "memory build");
  expect_failure("build --plan 9", 3, "there is no plan 9");
  expect_failure("recall --limit 0", 2, "--limit");
  expect_failure("recall --batch 0", 2, "--batch");
  expect_failure("ask", 2, "question");
  expect_failure("ask x --by guess", 2, "--by");
  expect_failure("ask '?' --by text_search", 2, "no word to look for");
  expect_failure("ask ''", 2, "got an empty one");
  expect_failure("recall --never-stated 100000", 2, "--never-stated");
}

TEST_F(MemoryRecallCommandTest, AStoreWithoutAPlanIsRefused) {
  std::filesystem::remove(folder.path() / "my.db");
  expect_failure("build", 3, "memory import");
  write_file(
      folder.path() / "other.jsonl",
      R"({"conversation": "a", "seq": 1, "role": "user", "text": "Nothing."})"
      "\n");
  memory.must("import other.jsonl");
  expect_failure("build", 3, "memory plan");
  expect_failure("recall", 3, "memory plan");
  expect_failure("ask x", 3, "memory plan");

  memory.must("pages --seal");
  memory.plan("nano-1");
  memory.must("build");
  expect_failure("recall", 3, "state no fact");
}

TEST_F(MemoryRecallCommandTest, AnErasedFactIsInNoByteOfTheStore) {
  memory.must("recall");
  // The second fact is a name of six letters; digits may occur by chance.
  const auto name = facts()[1]["value"].get<std::string>();
  ASSERT_GT(num_files_with(name), 0);
  const auto before = token_files();

  memory.must("erase --yes --matching " + name);

  EXPECT_EQ(num_files_with(name), 0);
  // Bytes cannot show pixels: the vision tokens of its page are gone, too.
  const auto after = token_files();
  EXPECT_EQ(after.size(), before.size() - 1);
  EXPECT_THAT(memory.must("build"), HasSubstr(" 0 pages encoded"));
  EXPECT_THAT(
      memory.must("ask " + facts()[1]["key"].get<std::string>()), "?\n");
}

TEST_F(MemoryRecallCommandTest, GenerateWritesOurFormatToStdout) {
  const auto made = memory.generate("--turns 3 --facts 1 --updates 1 --seed 5");

  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, StartsWith(R"({"conversation":"generated-5")"));
  EXPECT_EQ(std::count(made.out.begin(), made.out.end(), '\n'), 3);
  EXPECT_EQ(
      memory.generate("--turns 3 --facts 1 --updates 1 --seed 5").out,
      made.out);
  const auto refused = memory.generate("--turns 3 --facts 4");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("raise --turns"));
  EXPECT_EQ(memory.generate("--text missing").exit_code, 3);
}

} // namespace
} // namespace microfiche
