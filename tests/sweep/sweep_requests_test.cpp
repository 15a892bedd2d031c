#include "sweep/run/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/error.h"
#include "tests/sweep/small_sweep.h"

// What a sweep requests from its reader: conditions, prompts, models and modes.

namespace microfiche::sweep {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using tests::TemporaryFolder;

/// A request without its pages.
struct Request {
  std::string prompt;
  int64_t max_new_tokens;
  std::string token_conditions;
  uint64_t seed;
  int64_t first_page_of_cell;
  size_t other_pages;
};

std::vector<Request> requests_of(const SweepConfig& sweep) {
  TemporaryFolder folder;
  OracleReader oracle(small_sweep());
  std::vector<Request> requests;
  oracle.before_read = [&](const BatchRequest& request) {
    requests.push_back(
        {request.prompt,
         request.generation.max_new_tokens,
         request.token_conditions,
         request.seed,
         request.first_page_of_cell,
         request.other_pages.size()});
  };
  run_small_sweep(sweep, oracle, folder.path());
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
  std::vector<page::PageImage> pages;
  std::vector<page::PageImage> others;
  oracle.before_read = [&](const BatchRequest& request) {
    pages.insert(pages.end(), request.pages.begin(), request.pages.end());
    others.insert(
        others.end(), request.other_pages.begin(), request.other_pages.end());
  };

  run_small_sweep(sweep, oracle, folder.path());

  ASSERT_THAT(others, SizeIs(5));
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(others[i], pages[(i + 1) % 5]);
  }
}

TEST(SweepRequestsTest, AReaderOfTextsGetsThePageAndNotTheAnswer) {
  auto sweep = one_cell();
  sweep.conditions.text = {"pairs:2"};
  TemporaryFolder folder;
  OracleReader oracle(small_sweep());
  int64_t pages = 0;
  oracle.before_read = [&](const BatchRequest& request) {
    ASSERT_THAT(request.questions, SizeIs(request.pages.size()));
    for (size_t i = 0; i < request.pages.size(); ++i) {
      EXPECT_EQ(request.references[i], request.questions[i].text);
      ++pages;
    }
  };

  run_small_sweep(sweep, oracle, folder.path());

  EXPECT_EQ(pages, 5);
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
  std::vector<std::string> models;
  const FindReader find_reader = [&](const Cell& cell) -> BatchReader& {
    if (models.empty() || models.back() != *cell.model) {
      models.push_back(*cell.model);
    }
    return oracle;
  };

  run_sweep(sweep, find_reader, count_words, Json::object(), folder.path());

  // Once for the check of the pages, once to read them.
  EXPECT_THAT(
      models, ::testing::ElementsAre("first", "second", "first", "second"));
  const auto samples = read_run(folder.path()).samples;
  ASSERT_THAT(samples, SizeIs(10));
  EXPECT_EQ(samples[9].cell.model, "second");
}

TEST(SweepRequestsTest, AModeOfTheSweepsOwnStandsBeforeTheModels) {
  TemporaryFolder folder;
  auto sweep = one_cell();
  sweep.own_modes = {test_mode("nine", 2)};

  run_with_oracle(sweep, folder.path());

  EXPECT_EQ(
      read_run(folder.path()).samples[0].reading.vision_tokens.nominal, 4);
}

TEST(SweepRequestsTest, AModeThatTheModelLacksIsRefusedBeforeAnythingRuns) {
  auto sweep = small_sweep();
  sweep.modes = {"ten"};

  EXPECT_THROW(complete_config(sweep, OracleReader(small_sweep())), UsageError);
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
      [&] { complete_config(sweep, oracle); },
      ThrowsMessage<std::exception>(
          HasSubstr("100 px is not a whole number of vision tokens")));
}

TEST(SweepRequestsTest, NoModeMeansTheModelsOwn) {
  auto sweep = small_sweep();
  sweep.modes.clear();
  OracleReader oracle(small_sweep());

  EXPECT_THAT(
      complete_config(sweep, oracle).modes, ::testing::ElementsAre("nine"));
}

} // namespace
} // namespace microfiche::sweep
