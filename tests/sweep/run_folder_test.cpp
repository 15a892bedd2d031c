#include "sweep/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/files.h"
#include "tests/sweep/small_sweep.h"

namespace microfiche::sweep {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using tests::TemporaryFolder;

TEST(RunFolderTest, AFolderOfSomethingElseIsRefused) {
  TemporaryFolder folder;

  EXPECT_THAT(
      [&] { read_run(folder.path()); },
      ThrowsMessage<InputError>(
          HasSubstr("not the folder of a sweep; it has no config.json")));
}

TEST(RunFolderTest, ASweepRefusesTheFolderOfATraining) {
  TemporaryFolder folder;
  write_file(folder.path() / "config.json", R"({"stages": []})");

  EXPECT_THAT(
      [&] { begin_run(folder.path(), small_sweep(), Json::object()); },
      ThrowsMessage<InputError>(HasSubstr("holds a training run")));
}

TEST(RunFolderTest, ASweepRefusesTheFolderOfASweepOverConversations) {
  TemporaryFolder folder;
  write_file(folder.path() / "config.json", R"({"conversations": {}})");

  EXPECT_THAT(
      [&] { begin_run(folder.path(), small_sweep(), Json::object()); },
      ThrowsMessage<InputError>(HasSubstr("holds a sweep over conversations")));
}

TEST(RunFolderTest, RowsWithoutTheirConfigAreRefused) {
  TemporaryFolder folder;
  run_with_oracle(small_sweep(), folder.path());
  std::filesystem::remove(folder.path() / "config.json");

  EXPECT_THAT(
      [&] { begin_run(folder.path(), small_sweep(), Json::object()); },
      ThrowsMessage<InputError>(HasSubstr("whose config.json is missing")));
}

TEST(RunFolderTest, ARunGoesOnWithTheSameNumbersOnly) {
  TemporaryFolder folder;
  const Json f32 = {{"model", {{"sha256", "a"}, {"dtype", "f32"}}}};
  const Json int8 = {{"model", {{"sha256", "a"}, {"dtype", "int8"}}}};
  begin_run(folder.path(), small_sweep(), f32);

  begin_run(folder.path(), small_sweep(), f32);
  EXPECT_THAT(
      [&] { begin_run(folder.path(), small_sweep(), int8); },
      ThrowsMessage<InputError>(HasSubstr(
          "begun with a model whose dtype = \"f32\", now it is \"int8\"")));
}

TEST(RunFolderTest, ABrokenLineIsNamedWithItsNumber) {
  TemporaryFolder folder;
  run_with_oracle(small_sweep(), folder.path());
  auto text = read_file(folder.path() / "samples.jsonl");
  const size_t second = text.find('\n') + 1;
  write_file(
      folder.path() / "samples.jsonl",
      text.substr(0, second) + "{oops}\n" + text.substr(second));

  EXPECT_THAT(
      [&] { read_run(folder.path()); },
      ThrowsMessage<InputError>(HasSubstr("samples.jsonl:2")));
}

TEST(RunFolderTest, MetricsYoungerThanTheRunAreComputedFromItsTexts) {
  TemporaryFolder folder;
  run_with_oracle(small_sweep(), folder.path());
  const auto before = read_run(folder.path()).samples[0];
  std::string lines;
  for (const auto& sample : read_run(folder.path()).samples) {
    auto line = to_json(sample);
    line["metrics"].erase("chrf");
    lines += line.dump() + "\n";
  }
  write_file(folder.path() / "samples.jsonl", lines);

  const auto after = read_run(folder.path()).samples[0];

  EXPECT_EQ(after.metrics.values, before.metrics.values);
}

TEST(RunFolderTest, ASampleComesBackAsItWasWritten) {
  Sample sample;
  sample.id = "m/corpus/plain/600-700/4";
  sample.cell = {
      "m",
      conditions::kNaturalText,
      "plain",
      std::nullopt,
      std::pair(600, 700)};
  sample.reading.vision_tokens = {64, 60, 73};
  sample.page.reference = "one\ntwo";
  sample.metrics = metrics::score_page(
      sample.page.reference, "one too", metrics::find_profile("nfkc-ws"));
  sample.reading.log_likelihood = -12.5;

  const auto again = read_config<Sample>(to_json(sample), "line");

  EXPECT_EQ(to_json(again), to_json(sample));
  EXPECT_EQ(again.cell, sample.cell);
  EXPECT_EQ(again.reading.vision_tokens.positions, 73);
}

} // namespace
} // namespace microfiche::sweep
