#include "decoder/decode_team.h"
#include "decoder/decoder.h"
#include "decoder/kv_cache.h"

#include "tests/decoder/small_decoder.h"
#include "tests/support/parity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace microfiche::decoder {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int64_t kWindow = 4;

// The error of float32 sums in another order.
constexpr double kRingError = 2e-5;

Decoder make_windowed_decoder(int64_t window = kWindow) {
  return make_decoder(small_options().window(window));
}

/// Rows with prompts of uneven lengths and answers of random ids.
struct WindowedRows {
  explicit WindowedRows(const std::vector<int64_t>& prompt_lengths)
      : prompts(prompt_lengths) {
    torch::manual_seed(3);
    for (const int64_t length : prompts) {
      ids.push_back(torch::randint(40, {length + kAnswer}, torch::kInt64));
    }
  }

  static constexpr int64_t kAnswer = 14;

  std::vector<int64_t> prompts;
  /// (prompt + answer) each.
  std::vector<torch::Tensor> ids;

  /// The prompts, padded on the right: (B, L).
  torch::Tensor padded_prompts() const {
    std::vector<torch::Tensor> rows;
    for (size_t row = 0; row < ids.size(); ++row) {
      rows.push_back(ids[row].slice(0, 0, prompts[row]));
    }
    return torch::nn::utils::rnn::pad_sequence(rows, /*batch_first=*/true);
  }

  /// The answers, (B, kAnswer).
  torch::Tensor answers() const {
    std::vector<torch::Tensor> rows;
    for (size_t row = 0; row < ids.size(); ++row) {
      rows.push_back(ids[row].slice(0, prompts[row]));
    }
    return torch::stack(rows);
  }

  /// Logits after each id of each answer, each row alone and without a cache:
  /// (B, kAnswer, V).
  torch::Tensor expected(Decoder& decoder) const {
    std::vector<torch::Tensor> rows;
    for (size_t row = 0; row < ids.size(); ++row) {
      const auto hidden = decoder->forward(
          decoder->embed(ids[row].unsqueeze(0)),
          nullptr,
          {},
          nullptr,
          {prompts[row]});
      rows.push_back(decoder->logits(hidden[0].slice(0, prompts[row])));
    }
    return torch::stack(rows);
  }
};

TEST(DecoderWindowTest, RowsOfABatchHaveTheirOwnPromptsInTeacherForcing) {
  const torch::InferenceMode inference;
  auto decoder = make_windowed_decoder();
  const WindowedRows rows({6, 1, 9});
  const auto all =
      torch::nn::utils::rnn::pad_sequence(rows.ids, /*batch_first=*/true);

  const auto hidden =
      decoder->forward(decoder->embed(all), nullptr, {}, nullptr, rows.prompts);

  const auto expected = rows.expected(decoder);
  for (int64_t row = 0; row < 3; ++row) {
    const auto logits = decoder->logits(
        hidden[row].narrow(0, rows.prompts[row], WindowedRows::kAnswer));
    EXPECT_LT(tests::relative_error(logits, expected[row]), kRingError);
  }
}

/// Decodes the answers of ragged prompts over one cache.
template <typename Step>
void expect_ring_decoding(Decoder& decoder, const Step& step) {
  const WindowedRows rows({6, 1, 9});
  auto cache = decoder->make_cache(3, 9 + kWindow);
  cache.set_prompt_lengths(rows.prompts);
  decoder->forward(decoder->embed(rows.padded_prompts()), &cache, rows.prompts);
  const auto answers = rows.answers();
  std::vector<torch::Tensor> logits;
  for (int64_t i = 0; i < WindowedRows::kAnswer; ++i) {
    logits.push_back(step(answers.narrow(1, i, 1).contiguous(), cache));
  }

  EXPECT_LT(
      tests::relative_error(
          torch::stack(logits, /*dim=*/1), rows.expected(decoder)),
      kRingError);
  EXPECT_EQ(cache.capacity(), 9 + kWindow);
}

TEST(DecoderWindowTest, RaggedRowsDecodeOverRings) {
  const torch::InferenceMode inference;
  auto decoder = make_windowed_decoder();

  expect_ring_decoding(decoder, [&](const torch::Tensor& ids, KvCache& cache) {
    return decoder->logits(
        decoder->forward(decoder->embed(ids), &cache).squeeze(1));
  });
}

TEST(DecoderWindowTest, ADecodeTeamDecodesRaggedRowsOverRings) {
  const torch::InferenceMode inference;
  auto decoder = make_windowed_decoder();
  std::optional<DecodeTeam> team;

  expect_ring_decoding(decoder, [&](const torch::Tensor& ids, KvCache& cache) {
    if (!team) {
      team.emplace(decoder, cache);
    }
    return team->run(ids, cache);
  });
}

TEST(DecoderWindowTest, AStepForACudaGraphDecodesRaggedRowsOverRings) {
  const torch::InferenceMode inference;
  auto decoder = make_windowed_decoder();

  expect_ring_decoding(decoder, [&](const torch::Tensor& ids, KvCache& cache) {
    const auto logits = decoder->step(ids, cache.next_places(), cache);
    cache.advance({1, 1, 1});
    return logits;
  });
}

// Row 0 appends three positions across the end of its ring, row 1 the rest of
// its prompt and one id, row 2 nothing.
TEST(DecoderWindowTest, PaddingOfAPieceChangesNoRing) {
  const torch::InferenceMode inference;
  auto decoder = make_windowed_decoder();
  const WindowedRows rows({2, 9, 5});
  auto cache = decoder->make_cache(3, 9 + kWindow);
  cache.set_prompt_lengths(rows.prompts);
  std::vector<int64_t> done = {0, 0, 0};
  std::vector<torch::Tensor> last(3);
  for (const auto& added : std::vector<std::vector<int64_t>>{
           {2, 5, 5}, {5, 3, 4}, {3, 2, 0}, {1, 1, 6}, {4, 5, 1}}) {
    std::vector<torch::Tensor> pieces;
    for (int64_t row = 0; row < 3; ++row) {
      pieces.push_back(rows.ids[row].narrow(0, done[row], added[row]));
    }
    const auto hidden = decoder->forward(
        decoder->embed(
            torch::nn::utils::rnn::pad_sequence(pieces, /*batch_first=*/true)),
        &cache,
        added);
    for (int64_t row = 0; row < 3; ++row) {
      done[row] += added[row];
      if (added[row] > 0) {
        last[row] = decoder->logits(hidden[row][added[row] - 1]);
      }
    }
  }

  EXPECT_THAT(cache.lengths(), ElementsAre(15, 16, 16));
  const auto expected = rows.expected(decoder);
  for (int64_t row = 0; row < 3; ++row) {
    const int64_t answered = done[row] - rows.prompts[row];
    EXPECT_LT(
        tests::relative_error(last[row], expected[row][answered - 1]),
        kRingError)
        << row;
  }
}

TEST(DecoderWindowTest, RowsKeepTheirRingsWhenTheyMove) {
  const torch::InferenceMode inference;
  auto decoder = make_windowed_decoder();
  const WindowedRows rows({6, 1, 9});
  const auto expected = rows.expected(decoder);
  const auto answers = rows.answers();
  const auto step =
      [&](int64_t i, const std::vector<int64_t>& order, KvCache& cache) {
        const auto ids = answers.narrow(1, i, 1).index_select(
            0, torch::tensor(order, torch::kInt64));
        return decoder->logits(
            decoder->forward(decoder->embed(ids), &cache).squeeze(1));
      };
  auto cache = decoder->make_cache(3, 9 + kWindow);
  cache.set_prompt_lengths(rows.prompts);
  decoder->forward(decoder->embed(rows.padded_prompts()), &cache, rows.prompts);
  for (int64_t i = 0; i < 7; ++i) {
    step(i, {0, 1, 2}, cache);
  }

  cache.select_rows({2, 0});
  cache.set_capacity(15);
  auto joined = decoder->make_cache(1, 2);
  joined.set_prompt_lengths({1});
  decoder->forward(
      decoder->embed(rows.ids[1].slice(0, 0, 1).unsqueeze(0)), &joined);
  joined.append_rows(cache);
  EXPECT_THAT(joined.prompt_lengths(), ElementsAre(1, 9, 6));
  EXPECT_EQ(joined.max_slots(), 9 + kWindow);
  const auto ids =
      torch::stack({answers[1][0], answers[2][7], answers[0][7]}).unsqueeze(1);
  const auto logits = decoder->logits(
      decoder->forward(decoder->embed(ids), &joined).squeeze(1));

  EXPECT_LT(
      tests::relative_error(
          logits,
          torch::stack({expected[1][0], expected[2][7], expected[0][7]})),
      kRingError);
}

TEST(DecoderWindowTest, AWindowThatForgetsNothingChangesNothing) {
  const torch::InferenceMode inference;
  auto full = make_decoder();
  auto windowed = make_windowed_decoder(/*window=*/14);
  const auto embeds = torch::randn({2, 20, 32});

  EXPECT_TRUE(torch::equal(
      windowed->forward(embeds, nullptr, {}, nullptr, {6, 9}),
      full->forward(embeds)));
}

TEST(DecoderWindowTest, TheEndOfThePromptIsNeverGuessed) {
  const torch::InferenceMode inference;
  auto decoder = make_windowed_decoder();
  auto cache = decoder->make_cache(2, 8);
  const auto embeds = torch::randn({2, 3, 32});

  EXPECT_THAT(
      [&] { decoder->forward(embeds); },
      ThrowsMessage<c10::Error>(
          HasSubstr("with a window of 4 expected the lengths of 2 prompts")));
  EXPECT_THAT(
      [&] { decoder->forward(embeds, &cache); },
      ThrowsMessage<c10::Error>(HasSubstr("set_prompt_lengths")));
  EXPECT_THAT(
      *DecodeTeam::unsupported_reason(*decoder, cache),
      HasSubstr("nothing states its prompts"));
}

TEST(DecoderWindowTest, ACacheWithoutTheWindowIsRefused) {
  const torch::InferenceMode inference;
  auto decoder = make_windowed_decoder();
  auto cache = make_decoder()->make_cache(1, 8);

  EXPECT_THAT(
      [&] {
        decoder->forward(torch::randn({1, 3, 32}), &cache);
      },
      ThrowsMessage<c10::Error>(
          HasSubstr("a cache with the decoder's window of 4, got 0")));
}

KvCache make_ring_cache() {
  KvCache cache(
      KvCacheOptions()
          .layers(1)
          .kv_heads(1)
          .head_dim(2)
          .batch(2)
          .capacity(8)
          .window(3),
      torch::kFloat32);
  cache.set_prompt_lengths({5, 2});
  return cache;
}

TEST(KvCacheWindowTest, PositionsOfTheAnswerTakeTurnsInTheRing) {
  const auto cache = make_ring_cache();

  EXPECT_EQ(cache.slot(0, 4), 4);
  EXPECT_EQ(cache.slot(0, 7), 7);
  EXPECT_EQ(cache.slot(0, 8), 5);
  EXPECT_EQ(cache.slot(1, 1002), 3);
  EXPECT_EQ(cache.filled_slots(1, 4), 4);
  EXPECT_EQ(cache.filled_slots(1, 1000), 5);
}

TEST(KvCacheWindowTest, ARowNeverFillsMoreThanPromptAndWindow) {
  auto cache = make_ring_cache();
  cache.advance({5, 2});
  EXPECT_EQ(cache.max_slots(), 5);
  EXPECT_EQ(cache.max_slots(1), 6);

  cache.advance({1000, 2});

  EXPECT_EQ(cache.max_slots(), 8);
  EXPECT_EQ(cache.max_slots(1), 8);
  EXPECT_THAT(cache.lengths(), ElementsAre(1005, 4));
}

TEST(KvCacheWindowTest, CutsARowToItsPromptButNotIntoALostAnswer) {
  auto cache = make_ring_cache();
  cache.advance({9, 4});

  EXPECT_THAT(
      [&] { cache.truncate(6); },
      ThrowsMessage<c10::Error>(HasSubstr("cannot cut row 0 to 6 positions")));
  cache.truncate(3);

  EXPECT_THAT(cache.lengths(), ElementsAre(3, 3));
}

TEST(KvCacheWindowTest, RefusesRowsOfAnotherWindow) {
  auto cache = make_ring_cache();
  const auto options = KvCacheOptions().layers(1).kv_heads(1).head_dim(2);

  EXPECT_THAT(
      [&] { cache.append_rows(KvCache(options, torch::kFloat32)); },
      ThrowsMessage<c10::Error>(HasSubstr(
          "a window of 3 and stated prompts, got a window of 0 and no")));
}

TEST(KvCacheWindowTest, PromptsAreStatedOnceAndForEveryRow) {
  auto cache = make_ring_cache();
  EXPECT_THAT(
      [&] { cache.set_prompt_lengths({1}); },
      ThrowsMessage<c10::Error>(HasSubstr("lengths of 2 prompts")));
  EXPECT_THAT(
      [&] {
        cache.set_prompt_lengths({1, 0});
      },
      ThrowsMessage<c10::Error>(HasSubstr("each at least 1")));
  cache.advance({1, 1});
  EXPECT_THAT(
      [&] {
        cache.set_prompt_lengths({5, 2});
      },
      ThrowsMessage<c10::Error>(HasSubstr("before the first position")));
}

} // namespace
} // namespace microfiche::decoder
