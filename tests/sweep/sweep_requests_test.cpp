#include "sweep/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/error.h"
#include "tests/sweep/small_sweep.h"

// What a sweep asks its reader for: conditions, prompts, models and modes.

namespace microfiche::sweep {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using tests::TemporaryFolder;

/// What a reader was asked, without the pages.
struct Asked {
  std::string prompt;
  int64_t max_new_tokens;
  std::string token_conditions;
  uint64_t seed;
  int64_t first_page_of_cell;
  size_t other_pages;
};

std::vector<Asked> requests_of(const SweepConfig& sweep) {
  TemporaryFolder folder;
  OracleReader oracle(small_sweep());
  auto reader = oracle.reader();
  const auto read = reader.read;
  std::vector<Asked> requests;
  reader.read = [&](const BatchRequest& request) {
    requests.push_back(
        {request.prompt,
         request.generation.max_new_tokens,
         request.token_conditions,
         request.seed,
         request.first_page_of_cell,
         request.other_pages.size()});
    return read(request);
  };
  run_sweep(
      sweep,
      reader,
      count_words,
      {{"model", reader.provenance}},
      folder.path());
  return requests;
}

/// One cell of five pages, in batches of two, without controls.
SweepConfig one_cell() {
  auto sweep = small_sweep();
  sweep.characters_per_token = {5};
  sweep.controls = {false, false, {}, {}};
  return sweep;
}

TEST(SweepRequestsTest, TokenConditionsReachTheReaderWithTheirSeedAndPage) {
  auto sweep = one_cell();
  sweep.conditions.tokens = {"drop_random:50"};
  sweep.seed = 9;

  const auto requests = requests_of(sweep);

  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(requests[1].token_conditions, "drop_random:50");
  EXPECT_EQ(requests[1].seed, 9u);
  EXPECT_EQ(requests[1].first_page_of_cell, 2);
  EXPECT_EQ(requests[1].other_pages, 0u);
}

TEST(SweepRequestsTest, AConditionThatTakesAnotherPageGetsTheNextOne) {
  TemporaryFolder folder;
  auto sweep = one_cell();
  sweep.conditions.tokens = {"swap_tokens:50"};
  OracleReader oracle(one_cell());
  auto reader = oracle.reader();
  std::vector<page::PageImage> pages;
  std::vector<page::PageImage> others;
  const auto read = reader.read;
  reader.read = [&](const BatchRequest& request) {
    pages.insert(pages.end(), request.pages.begin(), request.pages.end());
    others.insert(
        others.end(), request.other_pages.begin(), request.other_pages.end());
    return read(request);
  };

  run_sweep(
      sweep,
      reader,
      count_words,
      {{"model", reader.provenance}},
      folder.path());

  ASSERT_THAT(others, SizeIs(5));
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(others[i], pages[(i + 1) % 5]);
  }
}

TEST(SweepRequestsTest, PromptsAndDecodingsOfACellReachTheReader) {
  auto sweep = one_cell();
  sweep.pages_per_cell = 1;
  sweep.prompts = {{"free", "<image>\nFree OCR."}, {"own", ""}};
  sweep.decodings["short"].max_new_tokens = 7;

  const auto requests = requests_of(sweep);

  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].prompt, "<image>\nFree OCR.");
  EXPECT_EQ(requests[1].prompt, "");
  EXPECT_EQ(requests[0].max_new_tokens, 7);
}

TEST(SweepRequestsTest, EachCellIsReadByItsModel) {
  TemporaryFolder folder;
  auto sweep = one_cell();
  sweep.models = {"first", "second"};
  OracleReader oracle(one_cell());
  const auto reader = oracle.reader();
  std::vector<std::string> models;
  const FindReader find_reader = [&](const Cell& cell) -> const PageReader& {
    if (models.empty() || models.back() != *cell.model) {
      models.push_back(*cell.model);
    }
    return reader;
  };

  run_sweep(sweep, find_reader, count_words, Json::object(), folder.path());

  EXPECT_THAT(models, ::testing::ElementsAre("first", "second"));
  const auto samples = read_run(folder.path()).samples;
  ASSERT_THAT(samples, SizeIs(10));
  EXPECT_EQ(samples[9].cell.model, "second");
}

TEST(SweepRequestsTest, AModeOfTheSweepsOwnStandsBeforeTheModels) {
  TemporaryFolder folder;
  auto sweep = one_cell();
  sweep.own_modes = {test_mode("nine", 2)};

  run_with_oracle(sweep, folder.path());

  EXPECT_EQ(read_run(folder.path()).samples[0].vision_tokens.nominal, 4);
}

TEST(SweepRequestsTest, AModeThatTheModelLacksIsRefusedBeforeAnythingRuns) {
  auto sweep = small_sweep();
  PageReader reader;
  reader.find_mode = [](const std::string& name) -> page::ResolutionMode {
    throw UsageError("no mode named " + name);
  };

  EXPECT_THROW(complete_config(sweep, reader), UsageError);
}

TEST(SweepRequestsTest, AModeWithoutWholeTokensIsRefusedBeforeAnythingRuns) {
  auto sweep = small_sweep();
  OracleReader oracle(sweep);
  page::ResolutionMode odd;
  odd.name = "odd";
  odd.base_size_px = 100;
  sweep.own_modes = {odd};
  sweep.modes = {"odd"};

  EXPECT_THAT(
      [&] { complete_config(sweep, oracle.reader()); },
      ThrowsMessage<std::exception>(
          HasSubstr("100 px is no whole number of vision tokens")));
}

TEST(SweepRequestsTest, NoModeMeansTheModelsOwn) {
  auto sweep = small_sweep();
  sweep.modes.clear();
  OracleReader oracle(small_sweep());

  EXPECT_THAT(
      complete_config(sweep, oracle.reader()).modes,
      ::testing::ElementsAre("nine"));
}

} // namespace
} // namespace microfiche::sweep
