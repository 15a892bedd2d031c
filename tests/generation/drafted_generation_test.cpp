#include "generation/generate.h"

#include "core/random.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Answers with drafts are compared with those of each request alone, without a
// draft: a draft may change no id.

namespace microfiche::generation {
namespace {

using Ids = std::vector<int64_t>;

constexpr int64_t kNoEndId = -1;

/// What a draft is made of, given the answer.
enum class Quality { kPerfect, kWrongIds, kMissingIds, kOtherText, kRandom };

Ids make_draft_ids(Quality quality, const Ids& answer, int64_t vocabulary) {
  RandomStream random(static_cast<uint64_t>(quality), "draft of a test");
  const auto any_id = [&] {
    return static_cast<int64_t>(random.below(vocabulary));
  };
  Ids draft;
  for (const int64_t id : answer) {
    const bool changes = random.uniform() < 0.1;
    switch (quality) {
      case Quality::kPerfect:
        draft.push_back(id);
        break;
      case Quality::kWrongIds:
        draft.push_back(changes ? any_id() : id);
        break;
      case Quality::kMissingIds:
        if (!changes) {
          draft.push_back(id);
        }
        break;
      case Quality::kOtherText:
        draft.push_back((id + 1) % vocabulary);
        break;
      case Quality::kRandom:
        draft.push_back(any_id());
        break;
    }
  }
  return draft;
}

class DraftedGenerationTest : public ::testing::TestWithParam<Quality> {
 protected:
  DraftedGenerationTest() : loaded_(tests::make_tiny_model()) {}

  decoder::Decoder& decoder() {
    return loaded_.model->decoder;
  }

  std::vector<GenerationRequest> make_requests(int64_t count) {
    std::vector<GenerationRequest> requests;
    torch::manual_seed(1);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t length = 1 + i * 5 % 13;
      requests.push_back(
          {torch::randn({length, decoder()->options.width()}),
           Ids(length, 5),
           i});
    }
    return requests;
  }

  /// Reads each request alone without a draft, then all with drafts, three at a
  /// time, and expects the same. Returns the drafted results.
  std::vector<GenerationResult> expect_same(
      const GenerationConfig& config,
      int64_t count,
      int64_t end = kNoEndId) {
    auto requests = make_requests(count);
    std::vector<GenerationResult> plain;
    for (auto& request : requests) {
      plain.push_back(
          generate(decoder(), {&request, 1}, config, end, request.page)[0]);
      request.draft =
          std::make_shared<const Draft>(std::vector<Ids>{make_draft_ids(
              GetParam(), plain.back().ids, decoder()->options.vocab_size())});
    }
    std::vector<GenerationResult> drafted(count);
    std::map<int64_t, Ids> streamed;
    size_t started = 0;
    GenerationCallbacks callbacks;
    callbacks.next = [&]() -> std::optional<GenerationRequest> {
      return started == requests.size() ? std::nullopt
                                        : std::optional(requests[started++]);
    };
    callbacks.on_result = [&](int64_t page, GenerationResult result) {
      drafted[page] = std::move(result);
    };
    callbacks.on_id = [&](int64_t page, int64_t id) {
      streamed[page].push_back(id);
    };
    generate(decoder(), callbacks, config, end, /*max_rows=*/3);
    for (int64_t i = 0; i < count; ++i) {
      EXPECT_EQ(drafted[i].ids, plain[i].ids) << i;
      EXPECT_EQ(streamed[i], plain[i].ids) << i;
      EXPECT_EQ(drafted[i].stop, plain[i].stop) << i;
      EXPECT_EQ(plain[i].drafted, 0);
      EXPECT_LE(drafted[i].accepted, drafted[i].drafted);
    }
    return drafted;
  }

  model::LoadedModel loaded_;
};

GenerationConfig first_ids(int64_t ids) {
  GenerationConfig config;
  config.max_new_tokens = ids;
  config.loop_repeats = 0;
  return config;
}

TEST_P(DraftedGenerationTest, GreedyAnswersStayTheSame) {
  const auto results = expect_same(first_ids(120), 12);

  if (GetParam() == Quality::kPerfect) {
    for (const auto& result : results) {
      EXPECT_LE(result.steps, 12);
    }
  }
}

TEST_P(DraftedGenerationTest, AnEndInABlockEndsTheAnswer) {
  const auto requests = make_requests(1);
  const int64_t end =
      generate(decoder(), {&requests[0], 1}, first_ids(40), kNoEndId)[0]
          .ids[30];

  expect_same(first_ids(80), 8, end);
}

TEST_P(DraftedGenerationTest, SampledAnswersStayTheSame) {
  auto config = first_ids(60);
  config.temperature = 0.8;
  config.top_p = 0.95;
  config.seed = 3;

  expect_same(config, 6);
}

TEST_P(DraftedGenerationTest, TheNgramRuleSeesTheIdsOfABlock) {
  auto config = first_ids(60);
  config.ngram = 2;

  expect_same(config, 5);
}

TEST_P(DraftedGenerationTest, TheWindowedNgramRuleSeesTheIdsOfABlock) {
  auto config = first_ids(60);
  config.ngram = 2;
  config.ngram_window = 20;
  config.ngram_whitelist = {7};

  expect_same(config, 5);
}

TEST_P(DraftedGenerationTest, ALoopInABlockEndsTheAnswer) {
  auto config = first_ids(200);
  config.loop_repeats = 2;
  config.loop_ids = 4;

  expect_same(config, 8);
}

TEST_P(DraftedGenerationTest, TheLastPositionsOfTheModelAreUsed) {
  decoder()->options.max_positions(40);

  expect_same(first_ids(100), 4);
}

TEST_P(DraftedGenerationTest, ShortAnswersOfTheParityModelStayTheSame) {
  loaded_ = model::load_model(tests::parity_model());

  expect_same(first_ids(24), 250);
}

TEST_P(DraftedGenerationTest, ADecoderThatForgetsTakesBackWhatItWrote) {
  auto config = loaded_.config;
  config.language.sliding_window_size = 5;
  const auto weights = loaded_.model->named_parameters();
  auto windowed = model::make_model(config, tests::byte_tokenizer());
  {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : windowed.model->named_parameters()) {
      parameter.value().copy_(weights[parameter.key()]);
    }
  }
  loaded_ = std::move(windowed);

  expect_same(first_ids(80), 8);
}

INSTANTIATE_TEST_SUITE_P(
    Drafts,
    DraftedGenerationTest,
    ::testing::Values(
        Quality::kPerfect,
        Quality::kWrongIds,
        Quality::kMissingIds,
        Quality::kOtherText,
        Quality::kRandom));

} // namespace
} // namespace microfiche::generation
