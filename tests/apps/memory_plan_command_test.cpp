#include "core/json.h"
#include "tests/apps/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

// memory plan, pin and unpin.

namespace microfiche {
namespace {

using ::testing::HasSubstr;
using tests::Outcome;

class MemoryPlanCommandTest : public ::testing::Test {
 protected:
  MemoryPlanCommandTest() {
    std::string lines;
    for (int seq = 1; seq <= 6; ++seq) {
      lines += R"({"conversation": "notes", "seq": )" + std::to_string(seq) +
          R"(, "role": "user", "text": ")" + std::string(40, 'a') +
          R"(", "time": null})" + "\n";
    }
    write("turns.jsonl", lines);
    write(
        "style.json",
        R"({"page_width_px": 192, "page_height_px": 96, "margin_top_px": 8,
            "margin_right_px": 8, "margin_bottom_px": 8, "margin_left_px": 8,
            "font_size_px": 16})");
    must("import turns.jsonl");
    must("pages --style style.json --seal");
  }

  void write(const std::string& name, const std::string& bytes) const {
    write_file(folder.path() / name, bytes);
  }

  Outcome run(const std::string& arguments) const {
    return tests::run_program(
        folder.path(), "memory " + arguments + " --store my.db");
  }

  std::string must(const std::string& arguments) const {
    const auto outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.out;
  }

  Json plan(const std::string& arguments) const {
    return parse_json(must("plan --format json " + arguments), "plan");
  }

  tests::TemporaryFolder folder;
};

TEST_F(MemoryPlanCommandTest, APlanSaysWhatItCosts) {
  write("policy.json", R"({"policy": "uniform",
                           "options": {"mode": "nano-4"}})");
  write("table.json", R"({"rows": [{"mode": "nano-4", "recall": 0.8}]})");

  const auto json = plan("--policy policy.json --accuracy table.json");

  const auto pages = static_cast<int64_t>(json["pages"].size());
  EXPECT_GE(pages, 2);
  EXPECT_EQ(json["plan"], 1);
  EXPECT_EQ(json["positions"], 7 * pages);
  // Three layers of 256 keys and values in f32.
  EXPECT_EQ(json["kv_bytes"], 7 * pages * 2 * 3 * 256 * 4);
  EXPECT_NEAR(json["expected_recall"].get<double>(), 0.8, 1e-12);
  EXPECT_GT(json["text_positions"], 6 * 40);
}

TEST_F(MemoryPlanCommandTest, WithoutATableTheColumnOfRecallIsOpen) {
  const auto text = must("plan --budget 100");

  EXPECT_THAT(text, HasSubstr("expected recall"));
  EXPECT_THAT(text, HasSubstr("unknown without --accuracy"));
  EXPECT_THAT(text, HasSubstr("nano-9"));
}

TEST_F(MemoryPlanCommandTest, ADryRunKeepsNoPlan) {
  EXPECT_TRUE(plan("--dry-run")["plan"].is_null());
  EXPECT_EQ(plan("")["plan"], 1);
}

TEST_F(MemoryPlanCommandTest, AnyBudgetGivesAPlan) {
  EXPECT_EQ(plan("--budget 1")["positions"], 0);
  EXPECT_EQ(plan("--budget 13")["positions"], 13);
}

TEST_F(MemoryPlanCommandTest, ABudgetOfZeroIsAUsageError) {
  EXPECT_EQ(run("plan --budget 0").exit_code, 2);
}

TEST_F(MemoryPlanCommandTest, APinnedTurnKeepsItsPageLegible) {
  write("policy.json", R"({"policy": "uniform", "options": {"mode": "nano-1"},
                           "pins": {"at_least": "nano-9"}})");
  must("pin 1");

  EXPECT_EQ(plan("--policy policy.json")["pages"][0]["mode"], "nano-9");

  must("unpin 1");
  EXPECT_EQ(plan("--policy policy.json")["pages"][0]["mode"], "nano-1");
}

TEST_F(MemoryPlanCommandTest, AClockThatRunsBackwardsIsBadInput) {
  const auto outcome = run("plan --now 2");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("the clock runs backwards"));
}

TEST_F(MemoryPlanCommandTest, ATierOfAnotherModelIsBadInput) {
  const auto outcome = run("plan --policy '" MICROFICHE_SOURCE_DIR
                           "/configs/memory/paper_ladder.json'");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(
      outcome.err, HasSubstr("no tier \"gundam\"; this model has gone"));
}

} // namespace
} // namespace microfiche
