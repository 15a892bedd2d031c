#include "core/error.h"
#include "core/json.h"
#include "page/image_file.h"
#include "tests/apps/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

// The commands of `memory`.

namespace microfiche {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using tests::Outcome;

class MemoryCommandTest : public ::testing::Test {
 protected:
  MemoryCommandTest() {
    write(
        "chat.json",
        R"([{"id": "lockers", "title": "Lockers", "conversations": [
            {"from": "human", "value": "The code of locker 17 is kfqe."},
            {"from": "gpt", "value": "Noted."},
            {"from": "human", "value": "And the weather?"}]}])");
    write(
        "style.json",
        R"({"page_width_px": 240, "page_height_px": 100, "margin_top_px": 8,
            "margin_right_px": 8, "margin_bottom_px": 8, "margin_left_px": 8,
            "font_size_px": 16})");
  }

  void write(const std::string& name, const std::string& bytes) const {
    write_file(folder.path() / name, bytes);
  }

  Outcome run(const std::string& arguments, const std::string& before = "")
      const {
    return tests::run_program(
        folder.path(), "memory " + arguments + " --store my.db", before);
  }

  std::string must(const std::string& arguments) const {
    const auto outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.out;
  }

  tests::TemporaryFolder folder;
};

TEST_F(MemoryCommandTest, AnImportedConversationIsListedShownAndExported) {
  EXPECT_EQ(
      must("import chat.json"),
      "chat.json (sharegpt): 1 new conversation, 0 extended, 0 known; "
      "3 new turns\n");

  const auto list = parse_json(must("list --format json"), "list");
  EXPECT_EQ(list[0]["name"], "lockers");
  EXPECT_EQ(list[0]["turns"], 3);
  EXPECT_THAT(must("list"), HasSubstr("Lockers"));
  EXPECT_THAT(
      must("show lockers"),
      StartsWith("1 user\nThe code of locker 17 is kfqe.\n\n2 assistant\n"));
  EXPECT_EQ(
      must("export"),
      R"({"conversation":"lockers","seq":1,"role":"user","text":"The code of locker 17 is kfqe.","time":null}
{"conversation":"lockers","seq":2,"role":"assistant","text":"Noted.","time":null}
{"conversation":"lockers","seq":3,"role":"user","text":"And the weather?","time":null}
)");
}

TEST_F(MemoryCommandTest, AnAddedTurnHasTheTimeOfTheClock) {
  EXPECT_EQ(must("add 'one two' --conversation notes"), "notes:1\n");
  EXPECT_EQ(
      must("add --conversation notes --role assistant < style.json"),
      "notes:2\n");

  const auto turns = parse_json(must("show notes --format json"), "show");
  EXPECT_EQ(turns[0]["text"], "one two");
  EXPECT_THAT(turns[0]["time"].get<std::string>(), StartsWith("20"));
  EXPECT_EQ(turns[1]["trust"], "assistant");
}

TEST_F(MemoryCommandTest, PagesAreDrawnAndCopied) {
  must("import chat.json");

  EXPECT_EQ(must("pages --style style.json --seal"), "1 new page\n");
  EXPECT_EQ(must("pages --style style.json --seal"), "0 new pages\n");

  must("show 1 --png pictures");
  const auto image = page::read_image(folder.path() / "pictures/page-0001.png");
  EXPECT_EQ(image.width, 240);
}

TEST_F(MemoryCommandTest, TurnsThatWaitForAFullPageAreNamed) {
  must("import chat.json");

  const auto outcome = run("pages");

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("for a full page"));
}

TEST_F(MemoryCommandTest, ADryRunListsWhatErasingErases) {
  must("import chat.json");

  EXPECT_EQ(
      must("erase --matching 'locker 17' --dry-run"),
      "1:1 user The code of locker 17 is kfqe.\n");

  EXPECT_THAT(must("export"), HasSubstr("locker 17"));
}

TEST_F(MemoryCommandTest, AnErasedTurnIsGone) {
  must("import chat.json");
  must("pages --style style.json --seal");

  EXPECT_EQ(
      must("erase --matching 'locker 17'"),
      "erased 1 turn, 1 page (1 laid out again), 1 file\n");

  EXPECT_THAT(must("export"), Not(HasSubstr("locker 17")));
  EXPECT_THAT(read_file(folder.path() / "my.db"), Not(HasSubstr("locker 17")));
  must("check");
}

TEST_F(MemoryCommandTest, ATitleWithoutATurnIsErasedAndSaid) {
  must("import chat.json");
  ASSERT_THAT(read_file(folder.path() / "my.db"), HasSubstr("Lockers"));

  EXPECT_THAT(
      run("erase --matching Lockers --dry-run").err,
      HasSubstr("would erase 0 turns, the title or name of 1 conversation"));
  EXPECT_EQ(
      must("erase --matching Lockers"),
      "erased 0 turns, 0 pages (0 laid out again), 0 files, the title or name "
      "of 1 conversation\n");

  EXPECT_THAT(read_file(folder.path() / "my.db"), Not(HasSubstr("Lockers")));
}

TEST_F(MemoryCommandTest, ProgressCountsWholeItems) {
  EXPECT_THAT(run("import chat.json").err, HasSubstr("1 conversation,"));
  EXPECT_THAT(
      run("pages --style style.json --seal").err, HasSubstr("3/3 turns,"));
  EXPECT_THAT(run("check").err, HasSubstr("4/4 items,"));
}

TEST_F(MemoryCommandTest, TurnsAreErasedByTheirPlace) {
  must("import chat.json");

  EXPECT_THAT(must("erase lockers:2-3"), StartsWith("erased 2 turns"));
  EXPECT_THAT(must("erase 1:1"), StartsWith("erased 1 turn,"));
  EXPECT_EQ(run("erase 1:x").exit_code, 2);
  EXPECT_EQ(run("erase").exit_code, 2);
  EXPECT_EQ(run("erase 1:1 --before 2026-01-01").exit_code, 2);
  EXPECT_EQ(run("erase --before yesterday").exit_code, 2);
  EXPECT_EQ(run("erase 7:1").exit_code, 3);
}

TEST_F(MemoryCommandTest, LossesAreSaid) {
  write(
      "gpt.jsonl",
      R"({"messages": [{"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image_url"}]}, {"role": "tool", "content": "result"}]})");

  const auto outcome = run("import gpt.jsonl");

  EXPECT_THAT(
      outcome.err,
      HasSubstr("not kept: 1 image, 1 tool message (kept with --tools)"));
}

TEST_F(MemoryCommandTest, ABrokenFileLeavesNoTurn) {
  write(
      "turns.jsonl",
      R"({"conversation": "a", "role": "user", "text": "one"}
{"conversation": "a", "role": "user"})");

  const auto outcome = run("import turns.jsonl");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(
      outcome.err, HasSubstr("turns.jsonl:2: expected a field \"text\""));
  EXPECT_FALSE(fs::exists(folder.path() / "my.db"));
}

TEST_F(MemoryCommandTest, InspectShowsAStore) {
  must("import chat.json");
  must("pages --style style.json --seal");

  const auto json = parse_json(
      tests::run_program(folder.path(), "inspect my.db --format json").out,
      "inspect");

  EXPECT_EQ(json["kind"], "store");
  EXPECT_EQ(json["turns"], 3);
  EXPECT_EQ(json["pages"], 1);
  EXPECT_EQ(json["styles"][0]["page_style"]["page_width_px"], 240);
  EXPECT_THAT(
      tests::run_program(folder.path(), "inspect my.db").out,
      HasSubstr("turns: 3\n"));
}

TEST_F(MemoryCommandTest, CheckFindsADamagedPictureAndMakesItAgain) {
  must("import chat.json");
  must("pages --style style.json --seal");
  for (const auto& entry :
       fs::directory_iterator(folder.path() / "my.db.files")) {
    if (entry.path().extension() == ".png") {
      write_file(entry.path(), "damaged");
    }
  }

  const auto outcome = run("check");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("check --rebuild"));
  EXPECT_EQ(run("show 1 --png pictures").exit_code, 3);
  EXPECT_THAT(must("check --rebuild"), HasSubstr("1 page drawn again"));
  must("check");
}

TEST_F(MemoryCommandTest, BadStoresGiveExitCode3) {
  EXPECT_EQ(run("list").exit_code, 3);
  write("my.db", "not a store");
  for (const char* verb :
       {"list", "show 1", "pages", "export", "check", "import chat.json"}) {
    EXPECT_EQ(run(verb).exit_code, 3) << verb;
  }
  EXPECT_EQ(read_file(folder.path() / "my.db"), "not a store");
}

TEST_F(MemoryCommandTest, AFullDiskGivesExitCode4) {
  must("add one --conversation notes");
  std::string lines;
  for (int i = 0; i < 2000; ++i) {
    lines += R"({"conversation": "a", "role": "user", "text": "some words"})"
             "\n";
  }
  write("turns.jsonl", lines);

  // No file may grow beyond 256 KiB, as on a disk with no more room.
  const auto outcome =
      run("import turns.jsonl", "trap '' XFSZ; ulimit -f 512;");

  EXPECT_EQ(outcome.exit_code, 4) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("my.db"));
  must("check");
  EXPECT_THAT(must("export"), Not(HasSubstr("some words")));
}

TEST_F(MemoryCommandTest, EveryCommandShowsAnExampleFirst) {
  for (const char* verb :
       {"import", "add", "list", "show", "pages", "erase", "export", "check"}) {
    const auto outcome =
        tests::run_program(folder.path(), concat("memory ", verb, " --help"));
    EXPECT_THAT(outcome.out, StartsWith(concat("microfiche memory ", verb)));
  }
}

} // namespace
} // namespace microfiche
