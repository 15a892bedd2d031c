#include "sweep/run/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "core/folder_lock.h"
#include "tests/sweep/small_sweep.h"

namespace microfiche::sweep {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;
using tests::TemporaryFolder;

TEST(SweepTest, EveryPageIsALineWithTheKeysOfTheInterface) {
  TemporaryFolder folder;

  run_with_oracle(small_sweep(), folder.path());

  const auto text = read_file(folder.path() / "samples.jsonl");
  ASSERT_EQ(std::count(text.begin(), text.end(), '\n'), 15);
  const auto line =
      parse_json(text.substr(0, text.find('\n')), "samples.jsonl:1");
  EXPECT_EQ(line["id"], "nine/corpus/plain/5/0");
  EXPECT_EQ(line["cell"]["characters_per_token"], 5.0);
  EXPECT_EQ(line["mode"], "nine");
  EXPECT_EQ(line["vision_tokens"]["nominal"], 9);
  EXPECT_EQ(line["vision_tokens"]["positions"], 13);
  EXPECT_EQ(line["stop"], "eos");
  EXPECT_TRUE(line["metrics"]["edit_similarity"].is_number());
  for (const char* stage : {"render", "encode", "prefill", "decode"}) {
    EXPECT_TRUE(line["seconds"][stage].is_number()) << stage;
  }
  EXPECT_FALSE(line.contains("log_likelihood"));
}

TEST(SweepTest, ACollectionWithoutAPageInTheBinsIsRefused) {
  TemporaryFolder folder;
  write_file(
      folder.path() / "pages.json",
      R"([{"file": "a.png", "text": "two words"}])");
  OracleReader oracle(small_sweep());
  SweepConfig sweep;
  sweep.texts = {"pages:" + folder.path().string()};
  sweep.modes = {"nine"};
  sweep.text_token_bins = {{3, 5}};

  EXPECT_THAT(
      [&] { run_small_sweep(sweep, oracle, folder.path() / "run"); },
      ThrowsMessage<InputError>(HasSubstr("no page of the collection")));
}

TEST(SweepTest, ARunThatBrokeOffGoesOnAndEndsTheSame) {
  TemporaryFolder whole;
  TemporaryFolder broken;
  const auto sweep = small_sweep();
  run_with_oracle(sweep, whole.path());

  for (const int64_t batches : {1, 2, 3}) {
    OracleReader oracle(sweep);
    oracle.before_read = [&](const BatchRequest&) {
      check<IoError>(oracle.num_batches < batches, "the power went out");
    };
    EXPECT_THROW(run_small_sweep(sweep, oracle, broken.path()), IoError);
  }
  run_with_oracle(sweep, broken.path());

  EXPECT_EQ(timeless_samples(broken.path()), timeless_samples(whole.path()));
}

TEST(SweepTest, AKilledRunLosesAndDoublesNoPage) {
  TemporaryFolder whole;
  TemporaryFolder killed;
  const auto sweep = small_sweep();
  run_with_oracle(sweep, whole.path());

  // The line being written is lost half-way, at every length it may have.
  run_with_oracle(sweep, killed.path());
  const auto samples = killed.path() / "samples.jsonl";
  const auto text = read_file(samples);
  for (size_t kept = text.size() - 1; kept > text.size() / 2; kept -= 1777) {
    write_file(samples, text.substr(0, kept));
    run_with_oracle(sweep, killed.path());

    EXPECT_EQ(timeless_samples(killed.path()), timeless_samples(whole.path()));
  }
}

TEST(SweepTest, APageOfAHalfFinishedBatchIsReadWithTheSameOthers) {
  TemporaryFolder folder;
  const auto sweep = small_sweep();
  run_with_oracle(sweep, folder.path());
  const auto samples = folder.path() / "samples.jsonl";
  const auto text = read_file(samples);
  write_file(samples, text.substr(0, text.find('\n') + 1));
  OracleReader oracle(sweep);
  std::vector<size_t> sizes;
  oracle.before_read = [&](const BatchRequest& request) {
    sizes.push_back(request.pages.size());
  };

  run_small_sweep(sweep, oracle, folder.path());

  EXPECT_EQ(sizes[0], 2u);
  EXPECT_THAT(read_run(folder.path()).samples, SizeIs(15));
}

TEST(SweepTest, AFinishedRunReadsNothingAgain) {
  TemporaryFolder folder;
  const auto sweep = small_sweep();
  run_with_oracle(sweep, folder.path());
  OracleReader oracle(sweep);

  run_small_sweep(sweep, oracle, folder.path());

  EXPECT_EQ(oracle.num_batches, 0);
}

TEST(SweepTest, AnotherConfigIsRefusedWithTheFieldThatDiffers) {
  TemporaryFolder folder;
  auto sweep = small_sweep();
  run_with_oracle(sweep, folder.path());
  sweep.controls.random_letters = {6};

  EXPECT_THAT(
      [&] { run_with_oracle(sweep, folder.path()); },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr("config.json: this run was begun with "
                    "controls.random_letters = [5.0], now it is [6.0]"),
          HasSubstr("-o"))));
}

TEST(SweepTest, AnotherModelIsRefused) {
  TemporaryFolder folder;
  const auto sweep = small_sweep();
  run_with_oracle(sweep, folder.path());
  OracleReader oracle(sweep);
  oracle.sha256 = "4567";

  EXPECT_THAT(
      [&] { run_small_sweep(sweep, oracle, folder.path()); },
      ThrowsMessage<InputError>(HasSubstr("a model whose sha256")));
}

TEST(SweepTest, TwoRunsCannotShareAFolder) {
  TemporaryFolder folder;
  const FolderLock lock(folder.path());

  EXPECT_THAT(
      [&] { run_with_oracle(small_sweep(), folder.path()); },
      ThrowsMessage<IoError>(HasSubstr("another run is writing")));
}

TEST(SweepTest, TheBlankPageIsReadOncePerModeAndStyle) {
  TemporaryFolder folder;

  run_with_oracle(small_sweep(), folder.path());

  const auto blanks = read_run(folder.path()).blanks;
  ASSERT_EQ(blanks.size(), 1u);
  EXPECT_EQ(blanks[0].prediction, "the");
}

TEST(SweepTest, PicturesOfTheFirstPagesAreKept) {
  TemporaryFolder folder;

  run_with_oracle(small_sweep(), folder.path());

  size_t pictures = 0;
  for (const auto& sample : read_run(folder.path()).samples) {
    const bool kept =
        std::filesystem::exists(picture_path(folder.path(), sample));
    EXPECT_EQ(kept, sample.index == 0) << sample.id;
    pictures += kept;
  }
  EXPECT_EQ(pictures, 3u);
}

TEST(SweepTest, BytesThatAreNoTextAreWrittenAsText) {
  TemporaryFolder folder;
  auto sweep = small_sweep();
  sweep.characters_per_token = {5};
  sweep.controls = {false, false, {}, {}};
  OracleReader oracle(sweep);
  oracle.unknown_page = "\xFFthe\xC3";
  oracle.forget_pages();

  run_small_sweep(sweep, oracle, folder.path());

  EXPECT_EQ(read_run(folder.path()).samples[0].reading.text, "\uFFFDthe\uFFFD");
}

} // namespace
} // namespace microfiche::sweep
