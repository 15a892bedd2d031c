#include "generation/search.h"

#include "checkpoint/safetensors.h"
#include "core/error.h"
#include "model/loaded_model.h"
#include "model/state_dict.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

namespace microfiche::generation {
namespace {

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

  SearchResult run(
      const std::vector<SearchInput>& inputs,
      const GenerationConfig& config,
      int64_t eos = kNoEnd,
      uint64_t first_row = 0) {
    return search(decoder(), inputs, config, eos, {}, first_row);
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
      torch::tensor(result.answers[0].ids, torch::kInt64),
      golden("greedy_continuation")[0]));
}

TEST_F(SearchTest, ARaggedBatchAnswersAsEachRowAlone) {
  const auto inputs = make_inputs({3, 9, 5, 1});

  const auto together = run(inputs, up_to(20));

  for (size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_EQ(
        together.answers[i].ids, run({inputs[i]}, up_to(20)).answers[0].ids);
  }
}

TEST_F(SearchTest, RowsThatEndEarlyLeaveTheOthersAlone) {
  const auto inputs = make_inputs({4, 4, 4, 4, 4, 4});
  const auto endless = run(inputs, up_to(30));
  // An end token that comes early for some rows only.
  const int64_t eos = endless.answers[2].ids[3];

  const auto result = run(inputs, up_to(30), eos);

  for (size_t i = 0; i < inputs.size(); ++i) {
    auto expected = endless.answers[i].ids;
    const auto end = std::find(expected.begin(), expected.end(), eos);
    const bool ended = end != expected.end();
    expected.erase(end, expected.end());
    EXPECT_EQ(result.answers[i].ids, expected);
    EXPECT_EQ(
        result.answers[i].stop, ended ? StopReason::kEos : StopReason::kLength);
  }
  EXPECT_LE(result.answers[2].ids.size(), 3u);
}

TEST_F(SearchTest, AnswersOutgrowTheFirstCache) {
  auto inputs = make_inputs({2});
  loaded.model->decoder->options.max_positions(2000);

  const auto result = run(inputs, up_to(700));

  const auto trace = trace_greedy(decoder(), inputs[0], 700);
  EXPECT_EQ(result.answers[0].ids, trace.ids);
}

TEST_F(SearchTest, StopsWhereTheModelsPositionsEnd) {
  const auto result = run(make_inputs({250}), up_to(100));

  EXPECT_EQ(result.answers[0].ids.size(), 6u);
  EXPECT_EQ(result.answers[0].stop, StopReason::kLength);
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

  EXPECT_EQ(result.answers[0].stop, StopReason::kLoop);
  EXPECT_EQ(result.answers[0].ids.size(), 8u);
}

TEST_F(SearchTest, TheNgramRuleForbidsRepetition) {
  GenerationConfig config = up_to(60);
  config.ngram = 1;
  const torch::NoGradGuard no_grad;
  loaded.model->decoder->norm->weight.zero_();

  const auto ids = run(make_inputs({3}), config).answers[0].ids;

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

  EXPECT_EQ(first.answers[1].ids, again.answers[1].ids);
  EXPECT_NE(first.answers[1].ids, other.answers[1].ids);
}

TEST_F(SearchTest, WhatARowSamplesDoesNotDependOnItsBatch) {
  GenerationConfig config = up_to(30);
  config.temperature = 1;
  const auto inputs = make_inputs({3, 4, 5});

  const auto together = run(inputs, config);
  const auto alone = run({inputs[2]}, config, kNoEnd, /*first_row=*/2);

  EXPECT_EQ(together.answers[2].ids, alone.answers[0].ids);
}

TEST_F(SearchTest, StreamsEveryIdOfItsRow) {
  const auto inputs = make_inputs({3, 4});
  std::vector<std::vector<int64_t>> streamed(2);

  const auto result = search(
      decoder(), inputs, up_to(10), kNoEnd, [&](int64_t row, int64_t id) {
        streamed[row].push_back(id);
      });

  EXPECT_EQ(streamed[0], result.answers[0].ids);
  EXPECT_EQ(streamed[1], result.answers[1].ids);
}

TEST_F(SearchTest, NothingToContinueGivesNoAnswers) {
  EXPECT_TRUE(run({}, up_to(10)).answers.empty());
}

TEST_F(SearchTest, SaysWhereNumbersWentWrong) {
  auto inputs = make_inputs({3, 3});
  inputs[1].embeds.fill_(std::nanf(""));

  EXPECT_THAT(
      [&] { run(inputs, up_to(5)); },
      ThrowsMessage<NumericError>(HasSubstr("page 1, id 0")));
}

TEST_F(SearchTest, TheTraceTakesTheLargestLogits) {
  const auto input = make_inputs({4})[0];

  const auto trace = trace_greedy(decoder(), input, 6);

  EXPECT_EQ(trace.logits.sizes(), (std::vector<int64_t>{6, 260}));
  EXPECT_TRUE(torch::equal(
      trace.logits.argmax(1), torch::tensor(trace.ids, torch::kInt64)));
  EXPECT_EQ(trace.ids, run({input}, up_to(6)).answers[0].ids);
}

TEST_F(SearchTest, LikelihoodsAddUpWhatEachStepSays) {
  const auto inputs = make_inputs({4, 2});
  const auto trace = trace_greedy(decoder(), inputs[0], 3);
  const std::vector<std::vector<int64_t>> targets = {trace.ids, {7}};

  const auto likelihoods = log_likelihoods(decoder(), inputs, targets);

  const auto steps = trace.logits.log_softmax(1);
  const double expected = steps[0][trace.ids[0]].item<double>() +
      steps[1][trace.ids[1]].item<double>() +
      steps[2][trace.ids[2]].item<double>();
  EXPECT_NEAR(likelihoods[0], expected, 1e-4);
  EXPECT_LT(likelihoods[1], 0);
}

} // namespace
} // namespace microfiche::generation
