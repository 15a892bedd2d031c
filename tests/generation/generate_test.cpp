#include "generation/generate.h"

#include "checkpoint/safetensors.h"
#include "core/error.h"
#include "generation/diagnostics.h"
#include "model/loaded_model.h"
#include "model/state_dict.h"
#include "tests/generation/generate_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::generation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST_F(GenerateTest, ContinuesGreedilyAsTheReferenceDoes) {
  const checkpoint::SafetensorsFile file(
      tests::data_path("parity/decoder.safetensors"));
  const auto golden = [&](const std::string& name) {
    const auto& info = *file.find(name);
    return model::view_tensor({info, file.bytes(info)}).clone();
  };
  auto reference = model::load_model(tests::parity_model());
  const torch::InferenceMode inference;
  const GenerationRequest request{
      reference.model->decoder->embed(golden("greedy_prompt"))[0], {}};

  const auto result =
      generate(reference.model->decoder, {&request, 1}, up_to(24), kNoEnd);

  EXPECT_TRUE(torch::equal(
      torch::tensor(result[0].ids, torch::kInt64),
      golden("greedy_continuation")[0]));
}

TEST_F(GenerateTest, ARaggedBatchGivesEachRowItsOwnResult) {
  const auto requests = make_requests({3, 9, 5, 1});

  const auto together = run(requests, up_to(20));

  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(together[i].ids, run({requests[i]}, up_to(20))[0].ids);
  }
}

TEST_F(GenerateTest, RowsThatEndEarlyLeaveTheOthersAlone) {
  const auto requests = make_requests({4, 4, 4, 4, 4, 4});
  const auto endless = run(requests, up_to(30));
  // An end token that comes early for some rows only.
  const int64_t eos = endless[2].ids[3];

  const auto result = run(requests, up_to(30), eos);

  for (size_t i = 0; i < requests.size(); ++i) {
    auto expected = endless[i].ids;
    const auto end = std::find(expected.begin(), expected.end(), eos);
    const bool ended = end != expected.end();
    expected.erase(end, expected.end());
    EXPECT_EQ(result[i].ids, expected);
    EXPECT_EQ(result[i].stop, ended ? StopReason::kEos : StopReason::kLength);
  }
  EXPECT_LE(result[2].ids.size(), 3u);
}

TEST_F(GenerateTest, ResultsOutgrowTheFirstCache) {
  auto requests = make_requests({2});
  loaded.model->decoder->options.max_positions(2000);

  const auto result = run(requests, up_to(700));

  const auto trace = trace_greedy(decoder(), requests[0], 700);
  EXPECT_EQ(result[0].ids, trace.ids);
}

TEST_F(GenerateTest, StopsAtTheLastPositionOfTheModel) {
  const auto result = run(make_requests({250}), up_to(100));

  EXPECT_EQ(result[0].ids.size(), 6u);
  EXPECT_EQ(result[0].stop, StopReason::kLength);
}

TEST_F(GenerateTest, RefusesAPromptThatLeavesNoRoom) {
  EXPECT_THAT(
      [&] { run(make_requests({256}), up_to(1)); },
      ThrowsMessage<InputError>(HasSubstr("leaves no room for an answer")));
}

TEST_F(GenerateTest, EndsALoop) {
  GenerationConfig config = up_to(200);
  config.loop_repeats = 4;
  config.loop_ids = 8;
  const torch::NoGradGuard no_grad;
  // All logits are equal, so the same id comes at every step.
  loaded.model->decoder->norm->weight.zero_();

  const auto result = run(make_requests({3}), config);

  EXPECT_EQ(result[0].stop, StopReason::kLoop);
  EXPECT_EQ(result[0].ids.size(), 8u);
}

TEST_F(GenerateTest, TheNgramRulePreventsRepetition) {
  GenerationConfig config = up_to(60);
  config.ngram = 1;
  const torch::NoGradGuard no_grad;
  loaded.model->decoder->norm->weight.zero_();

  const auto ids = run(make_requests({3}), config)[0].ids;

  // All logits are equal, so the smallest id that is not used comes next; 5 is
  // the prompt's id.
  EXPECT_EQ(ids[4], 4);
  EXPECT_EQ(ids[5], 6);
}

TEST_F(GenerateTest, SamplingRepeatsWithItsSeed) {
  GenerationConfig config = up_to(30);
  config.temperature = 1;
  const auto requests = make_requests({3, 4});

  const auto first = run(requests, config);
  const auto again = run(requests, config);
  config.seed = 1;
  const auto other = run(requests, config);

  EXPECT_EQ(first[1].ids, again[1].ids);
  EXPECT_NE(first[1].ids, other[1].ids);
}

TEST_F(GenerateTest, SampledTextDoesNotDependOnTheBatch) {
  GenerationConfig config = up_to(30);
  config.temperature = 1;
  const auto requests = make_requests({3, 4, 5});

  const auto together = run(requests, config);
  const auto alone = run({requests[2]}, config, kNoEnd, /*first_page=*/2);

  EXPECT_EQ(together[2].ids, alone[0].ids);
}

TEST_F(GenerateTest, NoRequestsGiveNoResults) {
  EXPECT_TRUE(run({}, up_to(10)).empty());
}

TEST_F(GenerateTest, NamesThePageWithNaNLogits) {
  auto requests = make_requests({3, 3});
  requests[1].embeds.fill_(std::nanf(""));

  EXPECT_THAT(
      [&] { run(requests, up_to(5)); },
      ThrowsMessage<NumericError>(
          HasSubstr("page 1: the largest logit for id 0 is nan")));
}

/// Records events in order: "+p" when page p starts, "p" when its result comes,
/// "!p" when it fails.
class ContinuousBatchingTest : public GenerateTest {
 protected:
  void run_continuously(
      const std::vector<GenerationRequest>& requests,
      const GenerationConfig& config,
      int64_t max_rows,
      int64_t eos = kNoEnd) {
    results.assign(requests.size(), {});
    streamed.assign(requests.size(), {});
    size_t num_started = 0;
    GenerationCallbacks callbacks;
    callbacks.next = [&]() -> std::optional<GenerationRequest> {
      if (num_started == requests.size()) {
        return std::nullopt;
      }
      events.push_back(concat("+", num_started));
      ++running;
      max_running = std::max(max_running, running);
      auto request = requests[num_started];
      request.page = static_cast<int64_t>(num_started++);
      return request;
    };
    callbacks.on_result = [&](int64_t page, GenerationResult result) {
      events.push_back(concat(page));
      --running;
      results[page] = std::move(result);
    };
    callbacks.on_failure = [&](int64_t page, const Error& error) {
      events.push_back(concat("!", page));
      --running;
      failures.emplace_back(error.what());
    };
    callbacks.on_id = [&](int64_t page, int64_t id) {
      streamed[page].push_back(id);
    };
    generate(decoder(), callbacks, config, eos, max_rows);
  }

  std::vector<GenerationResult> results;
  std::vector<std::vector<int64_t>> streamed;
  std::vector<std::string> events;
  std::vector<std::string> failures;
  int64_t running = 0;
  int64_t max_running = 0;
};

TEST_F(ContinuousBatchingTest, PagesThatStartLaterGetTheirOwnResults) {
  const auto requests = make_requests({3, 19, 5, 1, 40, 12, 7});
  // Results of 24, 8, 22, 25, ... ids: a row ends where the positions do.
  loaded.model->decoder->options.max_positions(60);
  const auto config = up_to(1000);

  run_continuously(requests, config, /*max_rows=*/3);

  EXPECT_EQ(max_running, 3);
  for (size_t i = 0; i < requests.size(); ++i) {
    const auto alone = run({requests[i]}, config)[0];
    EXPECT_EQ(results[i].ids, alone.ids) << "page " << i;
    EXPECT_EQ(results[i].ids.size(), 60u - requests[i].ids.size());
    EXPECT_EQ(streamed[i], alone.ids) << "page " << i;
  }
}

TEST_F(ContinuousBatchingTest, TheNextPageTakesTheRowOfOneThatEnded) {
  loaded.model->decoder->options.max_positions(50);

  // Results of 40, 10, 20 and 30 ids.
  run_continuously(
      make_requests({10, 40, 30, 20}), up_to(1000), /*max_rows=*/2);

  EXPECT_THAT(events, ElementsAre("+0", "+1", "1", "+2", "2", "+3", "0", "3"));
}

TEST_F(ContinuousBatchingTest, PagesOfOneIdEachFreeTheirRowAtOnce) {
  run_continuously(make_requests({3, 4, 5}), up_to(1), /*max_rows=*/2);

  EXPECT_THAT(events, ElementsAre("+0", "+1", "0", "1", "+2", "2"));
  for (const auto& result : results) {
    EXPECT_EQ(result.ids.size(), 1u);
  }
}

TEST_F(ContinuousBatchingTest, SampledTextDoesNotDependOnTheOtherPages) {
  GenerationConfig config = up_to(1000);
  config.temperature = 1;
  const auto requests = make_requests({30, 4, 15, 20});
  loaded.model->decoder->options.max_positions(40);

  run_continuously(requests, config, /*max_rows=*/2);
  const auto with_others = results;
  run_continuously(requests, config, /*max_rows=*/1);

  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(with_others[i].ids, results[i].ids) << "page " << i;
  }
  EXPECT_NE(results[0].ids[0], results[1].ids[0]);
}

TEST_F(ContinuousBatchingTest, APageOfNaNFailsAlone) {
  auto requests = make_requests({3, 5, 4, 6});
  const auto expected = run(requests, up_to(20));
  requests[1].embeds.fill_(std::nanf(""));
  requests[2].embeds[3].fill_(std::nanf(""));

  for (const double temperature : {0.0, 1e-6}) {
    events.clear();
    failures.clear();
    auto config = up_to(20);
    config.temperature = temperature;
    run_continuously(requests, config, /*max_rows=*/3);

    EXPECT_THAT(
        events, ElementsAre("+0", "+1", "+2", "!1", "!2", "+3", "0", "3"));
    EXPECT_EQ(failures.size(), 2u);
    EXPECT_EQ(results[0].ids, expected[0].ids);
    EXPECT_EQ(results[3].ids, expected[3].ids);
  }
}

TEST_F(ContinuousBatchingTest, APromptWithoutRoomFailsAlone) {
  run_continuously(make_requests({256, 3}), up_to(5), /*max_rows=*/1);

  EXPECT_THAT(events, ElementsAre("+0", "!0", "+1", "1"));
  EXPECT_THAT(failures, ElementsAre(HasSubstr("its prompt takes 256")));
}

TEST_F(ContinuousBatchingTest, TheNgramRuleTreatsEachPageSeparately) {
  auto config = up_to(60);
  config.ngram = 1;
  const torch::NoGradGuard no_grad;
  // All logits are equal, so the smallest id that is not used comes next.
  loaded.model->decoder->norm->weight.zero_();
  loaded.model->decoder->options.max_positions(20);

  run_continuously(make_requests({15, 5, 8}), config, /*max_rows=*/2);

  EXPECT_THAT(results[0].ids, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(
      results[2].ids, ElementsAre(0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12));
}

TEST_F(ContinuousBatchingTest, AShortPageContinuesAfterALongOneHasEnded) {
  const auto requests = make_requests({1900, 2});
  loaded.model->decoder->options.max_positions(2000);
  const auto config = up_to(300);

  run_continuously(requests, config, /*max_rows=*/2);

  EXPECT_EQ(results[0].ids.size(), 100u);
  EXPECT_EQ(results[1].ids, trace_greedy(decoder(), requests[1], 300).ids);
}

TEST_F(ContinuousBatchingTest, APageCountsTheSecondsOfItsOwnSteps) {
  loaded.model->decoder->options.max_positions(200);

  run_continuously(make_requests({199, 2}), up_to(1000), /*max_rows=*/1);

  // The first id needs no decode step.
  EXPECT_GT(results[0].prefill_seconds, 0);
  EXPECT_EQ(results[0].decode_seconds, 0);
  EXPECT_GT(results[1].decode_seconds, 0);
}

TEST_F(ContinuousBatchingTest, RefusesZeroRows) {
  EXPECT_THAT(
      [&] { run_continuously(make_requests({3}), up_to(1), /*max_rows=*/0); },
      ThrowsMessage<c10::ValueError>(HasSubstr("at least 1, got 0")));
}

} // namespace
} // namespace microfiche::generation
