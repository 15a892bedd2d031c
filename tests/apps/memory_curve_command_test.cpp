#include "core/json.h"
#include "tests/apps/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

// memory curve and timeline, and the report of a store.

namespace microfiche {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using tests::Outcome;

/// A store with a conversation of one turn, which states a fact.
class MemoryCurveCommandTest : public ::testing::Test {
 protected:
  explicit MemoryCurveCommandTest(bool imports = true) {
    if (!imports) {
      return;
    }
    const Json turn = {
        {"conversation", "notes"},
        {"seq", 1},
        {"role", "user"},
        {"text", "The code of bafit is kfqe."},
        {"time", nullptr},
        {"facts", {{{"key", "bafit"}, {"value", "kfqe"}, {"kind", "words"}}}}};
    write("turns.jsonl", turn.dump() + "\n");
    write(
        "policy.json",
        R"({"policy": "uniform", "text_when_cheaper": false,
            "options": {"mode": "nano-9"}})");
    must("import turns.jsonl");
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
    EXPECT_EQ(outcome.exit_code, 0) << arguments << "\n" << outcome.err;
    return outcome.out;
  }

  void expect_failure(
      const std::string& arguments,
      int exit_code,
      const std::string& message) const {
    const auto outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << arguments;
    EXPECT_THAT(outcome.err, HasSubstr(message)) << arguments;
  }

  void plan() const {
    must("pages --seal --header short");
    must("plan --policy policy.json");
  }

  std::string file(const std::string& name) const {
    return read_file(folder.path() / name);
  }

  tests::TemporaryFolder folder;
};

/// A copy of one store with answers, which is made once.
class AnsweredMemoryCommandTest : public MemoryCurveCommandTest {
 protected:
  AnsweredMemoryCommandTest() : MemoryCurveCommandTest(/*imports=*/false) {
    static const Answered made;
    std::filesystem::copy(
        made.folder.path(),
        folder.path(),
        std::filesystem::copy_options::recursive);
  }

 private:
  struct Answered : MemoryCurveCommandTest {
    Answered() {
      plan();
      must("build");
      must("recall --max-new-tokens 60");
    }
    void TestBody() override {}
    using MemoryCurveCommandTest::folder;
  };
};

TEST_F(AnsweredMemoryCommandTest, ACurveIsATableJsonAndAReport) {
  const auto text = must("curve -o curve");
  const auto json = parse_json(must("curve --format json"), "curve");

  EXPECT_THAT(text, HasSubstr("uniform, 4096 positions"));
  EXPECT_THAT(text, HasSubstr("This curve is a sketch"));
  EXPECT_EQ(json, read_json_file(folder.path() / "curve/curve.json"));
  EXPECT_EQ(json["methods"][0]["questions"], 1);
  EXPECT_THAT(
      file("curve/curve.csv"), HasSubstr("\ntranscription,pages,0,0,1,"));
  EXPECT_THAT(file("curve/report.html"), HasSubstr("data:image/png;base64,"));
}

TEST_F(AnsweredMemoryCommandTest, TheReportMayHaveNoTimeline) {
  must("curve -o curve --timeline-pages 0");

  EXPECT_THAT(file("curve/report.html"), Not(HasSubstr("<img")));
}

TEST_F(AnsweredMemoryCommandTest, WithoutDrawsAHalfLifeHasNoInterval) {
  const auto json =
      parse_json(must("curve --resamples 0 --format json"), "curve");

  EXPECT_TRUE(json["fits"][0]["half_life_low"].is_null());
  EXPECT_EQ(json["resamples"], 0);
}

TEST_F(AnsweredMemoryCommandTest, OtherMethodsHaveCurvesToo) {
  const auto json =
      parse_json(must("curve --by text_search --format json"), "curve");

  EXPECT_EQ(json["method"], "text_search");
  EXPECT_EQ(json["methods"][0]["recall"], 1);
}

TEST_F(MemoryCurveCommandTest, ATimelineNeedsOnlyAPlan) {
  expect_failure("timeline", 3, "there is no plan");
  plan();

  must("timeline -o pages.html");

  EXPECT_THAT(file("pages.html"), StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(file("pages.html"), HasSubstr("The code of bafit is kfqe."));
  EXPECT_THAT(must("timeline -o -"), StartsWith("<!DOCTYPE html>"));
}

TEST_F(AnsweredMemoryCommandTest, TheReportOfAStoreIsItsCurve) {
  const auto outcome =
      tests::run_program(folder.path(), "report my.db -o my.html");

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(file("my.html"), HasSubstr("<h2 id=\"recall-over-age\""));
  EXPECT_EQ(
      tests::run_program(folder.path(), "report my.db -o my.md").exit_code, 2);
  EXPECT_EQ(
      tests::run_program(folder.path(), "report my.db my.db").exit_code, 2);
}

TEST_F(MemoryCurveCommandTest, WithoutAnswersItSaysWhichCommandAsks) {
  expect_failure(
      "curve", 3, "there are no answers; `microfiche memory recall`");
  plan();
  expect_failure("curve --plan 1", 3, "there are no answers");
  expect_failure("timeline --plan 9", 3, "there is no plan 9");
}

TEST_F(AnsweredMemoryCommandTest, WhatHasNoEffectIsRefused) {
  expect_failure("curve --by nosuch", 2, "--by");
  expect_failure("curve --plan -1", 2, "--plan");
  expect_failure("curve --run 9", 3, "there is no run 9");
  expect_failure("curve --run 1 --plan 1", 2, "excludes");
  expect_failure("curve --skill 0", 2, "expected a skill above 0, up to 1");
  expect_failure("curve --skill nan", 2, "--skill");
  expect_failure("curve --skill 2", 2, "--skill");
  expect_failure("curve --bin-width 0", 2, "--bin-width");
  expect_failure("curve --resamples -1", 2, "--resamples");
  expect_failure("curve --plan 1 --conversation notes", 2, "excludes");
  expect_failure("curve --conversation nobody", 3, "no conversation");
  expect_failure("curve --plan 2", 3, "there are no answers for plan 2");
  expect_failure("timeline --pages 0", 2, "--pages");
  expect_failure("timeline --by dreams", 2, "dreams");
  expect_failure("timeline --run 9", 3, "there is no recall run 9");
}

TEST_F(AnsweredMemoryCommandTest, AFullDiskLeavesNoHalfReport) {
  const auto outcome = tests::run_program(
      folder.path(),
      "memory curve --store my.db -o curve",
      "trap '' XFSZ; ulimit -f 40;");

  EXPECT_EQ(outcome.exit_code, 4) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "curve/report.html"));
}

} // namespace
} // namespace microfiche
