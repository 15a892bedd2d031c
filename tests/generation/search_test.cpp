#include "generation/search.h"

#include "checkpoint/safetensors.h"
#include "core/error.h"
#include "generation/diagnostics.h"
#include "model/loaded_model.h"
#include "model/state_dict.h"
#include "tests/support/tiny_model.h"

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

constexpr int64_t kNoEnd = -1;

class SearchTest : public ::testing::Test {
 protected:
  SearchTest() : loaded(tests::make_tiny_model()) {}

  decoder::Decoder& decoder() {
    return loaded.model->decoder;
  }

  /// Prompts of different lengths with random contents.
  std::vector<SearchInput> make_inputs(const std::vector<int64_t>& lengths) {
    std::vector<SearchInput> inputs;
    torch::manual_seed(1);
    for (const int64_t length : lengths) {
      inputs.push_back(
          {torch::randn({length, 32}), std::vector<int64_t>(length, 5)});
    }
    return inputs;
  }

  std::vector<Answer> run(
      const std::vector<SearchInput>& inputs,
      const GenerationConfig& config,
      int64_t eos = kNoEnd,
      int64_t first_page = 0) {
    return search(decoder(), inputs, config, eos, first_page);
  }

  model::LoadedModel loaded;
};

GenerationConfig up_to(int64_t ids) {
  GenerationConfig config;
  config.max_new_tokens = ids;
  config.loop_repeats = 0;
  return config;
}

TEST_F(SearchTest, ContinuesGreedilyAsTheReferenceDoes) {
  const checkpoint::SafetensorsFile file(
      tests::data_path("parity/decoder.safetensors"));
  const auto golden = [&](const std::string& name) {
    const auto& info = *file.find(name);
    return model::view_tensor({info, file.bytes(info)}).clone();
  };
  auto reference = model::load_model(tests::parity_model());
  const torch::InferenceMode inference;
  const SearchInput input{
      reference.model->decoder->embed(golden("greedy_prompt"))[0], {}};

  const auto result =
      search(reference.model->decoder, {&input, 1}, up_to(24), kNoEnd);

  EXPECT_TRUE(torch::equal(
      torch::tensor(result[0].ids, torch::kInt64),
      golden("greedy_continuation")[0]));
}

TEST_F(SearchTest, ARaggedBatchAnswersAsEachRowAlone) {
  const auto inputs = make_inputs({3, 9, 5, 1});

  const auto together = run(inputs, up_to(20));

  for (size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_EQ(together[i].ids, run({inputs[i]}, up_to(20))[0].ids);
  }
}

TEST_F(SearchTest, RowsThatEndEarlyLeaveTheOthersAlone) {
  const auto inputs = make_inputs({4, 4, 4, 4, 4, 4});
  const auto endless = run(inputs, up_to(30));
  // An end token that comes early for some rows only.
  const int64_t eos = endless[2].ids[3];

  const auto result = run(inputs, up_to(30), eos);

  for (size_t i = 0; i < inputs.size(); ++i) {
    auto expected = endless[i].ids;
    const auto end = std::find(expected.begin(), expected.end(), eos);
    const bool ended = end != expected.end();
    expected.erase(end, expected.end());
    EXPECT_EQ(result[i].ids, expected);
    EXPECT_EQ(result[i].stop, ended ? StopReason::kEos : StopReason::kLength);
  }
  EXPECT_LE(result[2].ids.size(), 3u);
}

TEST_F(SearchTest, AnswersOutgrowTheFirstCache) {
  auto inputs = make_inputs({2});
  loaded.model->decoder->options.max_positions(2000);

  const auto result = run(inputs, up_to(700));

  const auto trace = trace_greedy(decoder(), inputs[0], 700);
  EXPECT_EQ(result[0].ids, trace.ids);
}

TEST_F(SearchTest, StopsWhereTheModelsPositionsEnd) {
  const auto result = run(make_inputs({250}), up_to(100));

  EXPECT_EQ(result[0].ids.size(), 6u);
  EXPECT_EQ(result[0].stop, StopReason::kLength);
}

TEST_F(SearchTest, RefusesAPromptThatLeavesNoRoom) {
  EXPECT_THAT(
      [&] { run(make_inputs({256}), up_to(1)); },
      ThrowsMessage<InputError>(HasSubstr("leaves no room for an answer")));
}

TEST_F(SearchTest, EndsALoop) {
  GenerationConfig config = up_to(200);
  config.loop_repeats = 4;
  config.loop_ids = 8;
  const torch::NoGradGuard no_grad;
  // The same logits everywhere: one id for ever.
  loaded.model->decoder->norm->weight.zero_();

  const auto result = run(make_inputs({3}), config);

  EXPECT_EQ(result[0].stop, StopReason::kLoop);
  EXPECT_EQ(result[0].ids.size(), 8u);
}

TEST_F(SearchTest, TheNgramRuleForbidsRepetition) {
  GenerationConfig config = up_to(60);
  config.ngram = 1;
  const torch::NoGradGuard no_grad;
  loaded.model->decoder->norm->weight.zero_();

  const auto ids = run(make_inputs({3}), config)[0].ids;

  // All logits are equal, so the smallest id that is not used comes next; 5 is
  // the prompt's.
  EXPECT_EQ(ids[4], 4);
  EXPECT_EQ(ids[5], 6);
}

TEST_F(SearchTest, SamplingRepeatsWithItsSeed) {
  GenerationConfig config = up_to(30);
  config.temperature = 1;
  const auto inputs = make_inputs({3, 4});

  const auto first = run(inputs, config);
  const auto again = run(inputs, config);
  config.seed = 1;
  const auto other = run(inputs, config);

  EXPECT_EQ(first[1].ids, again[1].ids);
  EXPECT_NE(first[1].ids, other[1].ids);
}

TEST_F(SearchTest, WhatARowSamplesDoesNotDependOnItsBatch) {
  GenerationConfig config = up_to(30);
  config.temperature = 1;
  const auto inputs = make_inputs({3, 4, 5});

  const auto together = run(inputs, config);
  const auto alone = run({inputs[2]}, config, kNoEnd, /*first_page=*/2);

  EXPECT_EQ(together[2].ids, alone[0].ids);
}

TEST_F(SearchTest, NothingToContinueGivesNoAnswers) {
  EXPECT_TRUE(run({}, up_to(10)).empty());
}

TEST_F(SearchTest, SaysWhereNumbersWentWrong) {
  auto inputs = make_inputs({3, 3});
  inputs[1].embeds.fill_(std::nanf(""));

  EXPECT_THAT(
      [&] { run(inputs, up_to(5)); },
      ThrowsMessage<NumericError>(
          HasSubstr("page 1: the largest logit for id 0 is nan")));
}

/// What happened in a search, in order: "+p" where page p begins, "p" where its
/// answer ends, "!p" where it fails.
class ContinuousSearchTest : public SearchTest {
 protected:
  void run_continuously(
      const std::vector<SearchInput>& inputs,
      const GenerationConfig& config,
      int64_t max_rows,
      int64_t eos = kNoEnd) {
    answers.assign(inputs.size(), {});
    streamed.assign(inputs.size(), {});
    size_t begun = 0;
    SearchCallbacks callbacks;
    callbacks.next = [&]() -> std::optional<SearchInput> {
      if (begun == inputs.size()) {
        return std::nullopt;
      }
      events.push_back(concat("+", begun));
      ++running;
      most_running = std::max(most_running, running);
      auto input = inputs[begun];
      input.page = static_cast<int64_t>(begun++);
      return input;
    };
    callbacks.on_answer = [&](int64_t page, Answer answer) {
      events.push_back(concat(page));
      --running;
      answers[page] = std::move(answer);
    };
    callbacks.on_failure = [&](int64_t page, const Error& error) {
      events.push_back(concat("!", page));
      --running;
      failures.emplace_back(error.what());
    };
    callbacks.on_id = [&](int64_t page, int64_t id) {
      streamed[page].push_back(id);
    };
    search(decoder(), callbacks, config, eos, max_rows);
  }

  std::vector<Answer> answers;
  std::vector<std::vector<int64_t>> streamed;
  std::vector<std::string> events;
  std::vector<std::string> failures;
  int64_t running = 0;
  int64_t most_running = 0;
};

TEST_F(ContinuousSearchTest, PagesThatComeLaterAreAnsweredAsAlone) {
  const auto inputs = make_inputs({3, 19, 5, 1, 40, 12, 7});
  // Answers of 24, 8, 22, 25, ... ids: a row ends where the positions do.
  loaded.model->decoder->options.max_positions(60);
  const auto config = up_to(1000);

  run_continuously(inputs, config, /*max_rows=*/3);

  EXPECT_EQ(most_running, 3);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto alone = run({inputs[i]}, config)[0];
    EXPECT_EQ(answers[i].ids, alone.ids) << "page " << i;
    EXPECT_EQ(answers[i].ids.size(), 60u - inputs[i].ids.size());
    EXPECT_EQ(streamed[i], alone.ids) << "page " << i;
  }
}

TEST_F(ContinuousSearchTest, TheNextPageTakesThePlaceOfOneThatEnded) {
  loaded.model->decoder->options.max_positions(50);

  // Answers of 40, 10, 20 and 30 ids.
  run_continuously(make_inputs({10, 40, 30, 20}), up_to(1000), /*max_rows=*/2);

  EXPECT_THAT(events, ElementsAre("+0", "+1", "1", "+2", "2", "+3", "0", "3"));
}

TEST_F(ContinuousSearchTest, PagesOfOneIdEachFreeTheirRowAtOnce) {
  run_continuously(make_inputs({3, 4, 5}), up_to(1), /*max_rows=*/2);

  EXPECT_THAT(events, ElementsAre("+0", "+1", "0", "1", "+2", "2"));
  for (const auto& answer : answers) {
    EXPECT_EQ(answer.ids.size(), 1u);
  }
}

TEST_F(ContinuousSearchTest, WhatAPageSamplesDoesNotDependOnThoseBesideIt) {
  GenerationConfig config = up_to(1000);
  config.temperature = 1;
  const auto inputs = make_inputs({30, 4, 15, 20});
  loaded.model->decoder->options.max_positions(40);

  run_continuously(inputs, config, /*max_rows=*/2);
  const auto beside_others = answers;
  run_continuously(inputs, config, /*max_rows=*/1);

  for (size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_EQ(beside_others[i].ids, answers[i].ids) << "page " << i;
  }
  EXPECT_NE(answers[0].ids[0], answers[1].ids[0]);
}

TEST_F(ContinuousSearchTest, APageOfNaNFailsAlone) {
  auto inputs = make_inputs({3, 5, 4, 6});
  const auto expected = run(inputs, up_to(20));
  inputs[1].embeds.fill_(std::nanf(""));
  inputs[2].embeds[3].fill_(std::nanf(""));

  for (const double temperature : {0.0, 1e-6}) {
    events.clear();
    failures.clear();
    auto config = up_to(20);
    config.temperature = temperature;
    run_continuously(inputs, config, /*max_rows=*/3);

    EXPECT_THAT(
        events, ElementsAre("+0", "+1", "+2", "!1", "!2", "+3", "0", "3"));
    EXPECT_EQ(failures.size(), 2u);
    EXPECT_EQ(answers[0].ids, expected[0].ids);
    EXPECT_EQ(answers[3].ids, expected[3].ids);
  }
}

TEST_F(ContinuousSearchTest, APromptWithoutRoomFailsAlone) {
  run_continuously(make_inputs({256, 3}), up_to(5), /*max_rows=*/1);

  EXPECT_THAT(events, ElementsAre("+0", "!0", "+1", "1"));
  EXPECT_THAT(failures, ElementsAre(HasSubstr("its prompt takes 256")));
}

TEST_F(ContinuousSearchTest, TheNgramRuleLooksAtEachPageAlone) {
  auto config = up_to(60);
  config.ngram = 1;
  const torch::NoGradGuard no_grad;
  // All logits are equal, so the smallest id that is not used comes next.
  loaded.model->decoder->norm->weight.zero_();
  loaded.model->decoder->options.max_positions(20);

  run_continuously(make_inputs({15, 5, 8}), config, /*max_rows=*/2);

  EXPECT_THAT(answers[0].ids, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(
      answers[2].ids, ElementsAre(0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12));
}

TEST_F(ContinuousSearchTest, AShortPageGoesOnAfterALongOneHasLeft) {
  const auto inputs = make_inputs({1900, 2});
  loaded.model->decoder->options.max_positions(2000);
  const auto config = up_to(300);

  run_continuously(inputs, config, /*max_rows=*/2);

  EXPECT_EQ(answers[0].ids.size(), 100u);
  EXPECT_EQ(answers[1].ids, trace_greedy(decoder(), inputs[1], 300).ids);
}

TEST_F(ContinuousSearchTest, SecondsOfAPageAreOfTheStepsItWasIn) {
  loaded.model->decoder->options.max_positions(200);

  run_continuously(make_inputs({199, 2}), up_to(1000), /*max_rows=*/1);

  // One id comes of the prompt alone.
  EXPECT_GT(answers[0].prefill_seconds, 0);
  EXPECT_EQ(answers[0].decode_seconds, 0);
  EXPECT_GT(answers[1].decode_seconds, 0);
}

TEST_F(ContinuousSearchTest, RefusesToRunNothing) {
  EXPECT_THAT(
      [&] { run_continuously(make_inputs({3}), up_to(1), /*max_rows=*/0); },
      ThrowsMessage<c10::ValueError>(HasSubstr("at least 1, got 0")));
}

} // namespace
} // namespace microfiche::generation
