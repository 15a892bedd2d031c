#include "tests/apps/command_line.h"

#include "core/files.h"
#include "core/json.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

// The commands score, sweep, report and compare.

namespace microfiche {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using tests::Outcome;

constexpr const char* kPredictions =
    R"({"id":"a","reference":"one two","prediction":"one two","text_tokens":650,"vision_tokens":64}
{"id":"b","reference":"one two","prediction":"one","text_tokens":750,"vision_tokens":64}
)";

constexpr const char* kSweep = R"({
  "texts": ["text.txt"], "modes": ["t4"], "characters_per_token": [3],
  "pages_per_cell": 3, "batch_pages": 2, "pictures_per_cell": 1,
  "generation": {"max_new_tokens": 8}})";

class ExperimentCommandsTest : public ::testing::Test {
 protected:
  ExperimentCommandsTest() {
    write("predictions.jsonl", kPredictions);
  }

  void write(const std::string& name, const std::string& bytes) const {
    write_file(folder.path() / name, bytes);
  }

  std::string read(const std::string& name) const {
    return read_file(folder.path() / name);
  }

  Outcome run(const std::string& arguments) const {
    return tests::run_program(folder.path(), arguments);
  }

  void prepare_sweep() const {
    tests::write_tiny_model(folder.path() / "model");
    write("sweep.json", kSweep);
    write(
        "text.txt",
        "It was the best of times, it was the worst of times, it was the age "
        "of wisdom, it was the age of foolishness");
  }

  tests::TemporaryFolder folder;
};

TEST_F(ExperimentCommandsTest, ScoreWritesJsonToStdout) {
  const auto outcome =
      run("score predictions.jsonl --bins 600:1300:100 --format json");

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = Json::parse(outcome.out);
  EXPECT_EQ(json["pages"], 2);
  EXPECT_EQ(json["metrics"]["set_precision"], 1.0);
  EXPECT_EQ(json["metrics"]["set_recall"], 0.75);
  EXPECT_EQ(json["bins"].size(), 2u);
}

TEST_F(ExperimentCommandsTest, SweepPrintsItsConfigOnlyWithVerbose) {
  prepare_sweep();

  const auto usual = run("sweep sweep.json --model model -o usual");
  const auto verbose = run("sweep sweep.json --model model -o more --verbose");

  ASSERT_EQ(usual.exit_code, 0) << usual.err;
  EXPECT_THAT(usual.err, Not(HasSubstr("characters_per_token")));
  EXPECT_THAT(verbose.err, HasSubstr("\"characters_per_token\": ["));
}

TEST_F(ExperimentCommandsTest, SweepRefusesAPromptThatDoesNotShowThePage) {
  prepare_sweep();

  const auto one = run("sweep sweep.json --model model --set prompt=Read.");
  const auto several =
      run("sweep sweep.json --model model --set 'prompts={\"a\": \"Read.\"}'");

  EXPECT_EQ(one.exit_code, 3);
  EXPECT_THAT(one.err, HasSubstr("prompt: expected <image>"));
  EXPECT_EQ(several.exit_code, 3);
  EXPECT_THAT(several.err, HasSubstr("prompts.a: expected <image>"));
}

TEST_F(ExperimentCommandsTest, ScoreReadsStandardInputAndWritesTables) {
  for (const char* format : {"table", "csv", "md"}) {
    const auto outcome =
        run(std::string("score - --format ") + format + " < predictions.jsonl");

    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("set_precision"));
  }
}

TEST_F(ExperimentCommandsTest, ScorePrintsHowTextsWereCompared) {
  const auto outcome =
      run("score predictions.jsonl --profile all --normalization nfkc-ws");

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* expected :
       {"meteor",
        "chrf",
        "anls",
        "Profile all, normalisation nfkc-ws",
        "words: split at white space",
        "ALL_page_avg",
        "Fewer than 30 pages, so only an indication: all (2)"}) {
    EXPECT_THAT(outcome.out, HasSubstr(expected));
  }
}

TEST_F(ExperimentCommandsTest, ScoreWritesThePapersTableWithAColumnPerGroup) {
  write(
      "modes.jsonl",
      R"({"id":"a","reference":"x y","prediction":"x y","text_tokens":650,"vision_tokens":64,"mode":"tiny"}
{"id":"b","reference":"x y","prediction":"x","text_tokens":650,"vision_tokens":100,"mode":"small"}
)");

  const auto outcome =
      run("score modes.jsonl --bins 600:700:100 --by mode --format md");

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(
      outcome.out,
      StartsWith("| text tokens | small: set-of-words precision | small: "
                 "compression | small: pages | tiny: set-of-words precision | "
                 "tiny: compression | tiny: pages |\n"));
  EXPECT_THAT(
      outcome.out,
      HasSubstr("| [600, 700) | 1.0000 [1.000, 1.000] | 6.5x | 1 | 1.0000 "
                "[1.000, 1.000] | 10.2x | 1 |\n"));
}

TEST_F(ExperimentCommandsTest, ScoreReadsOmniDocBenchsResultFile) {
  write(
      "omni.json",
      R"([{"gt":"ab","pred":"ax","img_id":"1.jpg"},{"gt":"abcdefgh","pred":"abcdefgh","img_id":"1.jpg"}])");

  const auto outcome =
      run("score omni.json --profile omnidocbench --format json");

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto corpus = Json::parse(outcome.out)["corpus"];
  EXPECT_DOUBLE_EQ(corpus["ALL_page_avg"].get<double>(), 0.1);
  EXPECT_DOUBLE_EQ(corpus["edit_sample_avg"].get<double>(), 0.25);
}

TEST_F(ExperimentCommandsTest, ScoreNamesTheBadLine) {
  write("predictions.jsonl", "{\"id\":\"a\",\"reference\":\"x\"}\n");

  const auto outcome = run("score predictions.jsonl");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(
      outcome.err, HasSubstr("predictions.jsonl:1: no field \"prediction\""));
}

TEST_F(ExperimentCommandsTest, ScoreRefusesUnknownProfilesAndBins) {
  EXPECT_EQ(run("score predictions.jsonl --profile papre").exit_code, 2);
  EXPECT_EQ(run("score predictions.jsonl --normalization none").exit_code, 2);
  EXPECT_EQ(run("score predictions.jsonl --bins 5").exit_code, 2);
  EXPECT_EQ(run("score predictions.jsonl --by mode").exit_code, 2);
}

TEST_F(ExperimentCommandsTest, ASweepEndsInATableAndAReport) {
  prepare_sweep();

  const auto outcome = run("sweep sweep.json --model model -o run --quiet");

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, StartsWith("mode"));
  EXPECT_THAT(outcome.out, HasSubstr("normalisation nfkc-ws"));
  EXPECT_THAT(outcome.out, HasSubstr("3/token"));
  EXPECT_THAT(read("run/report.html"), StartsWith("<!DOCTYPE html>"));
  const auto environment = Json::parse(read("run/environment.json"));
  for (const char* key :
       {"started",
        "processor",
        "operating_system",
        "build",
        "model",
        "text_tokenizer",
        "rendering",
        "threads"}) {
    EXPECT_TRUE(environment.contains(key)) << key;
  }
}

TEST_F(ExperimentCommandsTest, AFinishedSweepOnlyReports) {
  prepare_sweep();
  run("sweep sweep.json --model model -o run --quiet");
  const auto samples = read("run/samples.jsonl");

  const auto outcome = run("sweep sweep.json --model model -o run --quiet");

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(read("run/samples.jsonl"), samples);
}

TEST_F(ExperimentCommandsTest, ASweepOfAnotherConfigInTheSameFolderIsRefused) {
  prepare_sweep();
  run("sweep sweep.json --model model -o run --quiet");

  const auto outcome =
      run("sweep sweep.json --model model -o run --set pages_per_cell=4");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("pages_per_cell = 3, now it is 4"));
}

TEST_F(ExperimentCommandsTest, ReportAndCompareWorkFromTheFolders) {
  prepare_sweep();
  run("sweep sweep.json --model model -o run --quiet");
  run("sweep sweep.json --model model -o other --quiet");

  EXPECT_EQ(run("report run other -o both.html").exit_code, 0);
  const auto outcome = run("compare run other --format json");

  EXPECT_THAT(read("both.html"), HasSubstr("Cells: other"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto all = Json::parse(outcome.out)["cells"].back();
  EXPECT_EQ(all["difference"]["mean"], 0.0);
  EXPECT_EQ(all["p_value_holm"], 1.0);
  EXPECT_EQ(all["few_pages"], true);
}

TEST_F(ExperimentCommandsTest, AReportOfAnEmptyFolderNamesWhatIsMissing) {
  const auto outcome = run("report nowhere");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("not the folder of a sweep"));
}

} // namespace
} // namespace microfiche
