#include "decoder/decode_team.h"

#include "tests/decoder/small_decoder.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <vector>

// The logits of a block are compared bit by bit with those of one id at a time.

namespace microfiche::decoder {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct BlockCase {
  torch::Dtype dtype;
  int bits;
  int64_t window;
  int threads;
};

std::ostream& operator<<(std::ostream& stream, const BlockCase& test_case) {
  return stream << test_case.dtype << '_' << test_case.bits << "_bits_"
                << test_case.window << "_window_" << test_case.threads
                << "_threads";
}

constexpr int64_t kPrompt = 5;
constexpr int64_t kVocabulary = 40;

// Wider than one vector, and not a multiple of one.
Decoder make_decoder_of(const BlockCase& test_case) {
  auto options = small_options().window(test_case.window);
  if (test_case.bits == 4) {
    options.width(96).intermediate_width(160).moe_intermediate_width(96);
  } else {
    options.width(72).intermediate_width(150).moe_intermediate_width(90);
  }
  auto decoder = make_decoder(options);
  quantize(decoder, test_case.bits);
  for (auto& parameter : decoder->parameters()) {
    if (parameter.is_floating_point()) {
      parameter.set_data(parameter.to(test_case.dtype));
    }
  }
  return decoder;
}

class DecodeBlockTest : public ::testing::TestWithParam<BlockCase> {
 protected:
  DecodeBlockTest()
      : threads_before_(at::get_num_threads()),
        decoder_(make_decoder_of(GetParam())) {
    at::set_num_threads(GetParam().threads);
  }
  ~DecodeBlockTest() override {
    at::set_num_threads(threads_before_);
  }

  /// A cache with the prompt of a row. Prompts are read one at a time, because
  /// in bfloat16 a prompt's bits depend on the others of its batch.
  KvCache make_cache(int64_t row) {
    const int64_t length = kPrompt - row % 3;
    auto cache = decoder_->make_cache(1, /*capacity=*/256);
    cache.set_prompt_lengths({length});
    torch::manual_seed(row);
    decoder_->forward(
        torch::randn({1, length, decoder_->options.width()})
            .to(GetParam().dtype),
        &cache);
    return cache;
  }

  /// A cache with the prompts of the rows [0, rows).
  KvCache make_caches(int64_t rows) {
    auto cache = make_cache(0);
    for (int64_t row = 1; row < rows; ++row) {
      cache.append_rows(make_cache(row));
    }
    return cache;
  }

  /// The logits of one id after the other in a row by itself.
  torch::Tensor one_by_one(int64_t row, const std::vector<int64_t>& ids) {
    auto cache = make_cache(row);
    DecodeTeam team(decoder_, cache);
    std::vector<torch::Tensor> logits;
    for (const int64_t id : ids) {
      logits.push_back(team.run(torch::tensor({{id}}, torch::kInt64), cache));
    }
    return torch::cat(logits);
  }

  std::vector<int64_t> random_ids(int64_t count) {
    torch::manual_seed(100 + num_drawn_++);
    const auto ids = torch::randint(kVocabulary, {count}, torch::kInt64);
    const auto* first = ids.const_data_ptr<int64_t>();
    return {first, first + count};
  }

 private:
  int threads_before_;
  int64_t num_drawn_ = 0;

 protected:
  torch::InferenceMode inference_;
  Decoder decoder_;
};

TEST_P(DecodeBlockTest, GivesTheBitsOfOneIdAtATime) {
  auto cache = make_caches(3);
  DecodeTeam team(decoder_, cache);
  std::vector<std::vector<int64_t>> all(3);

  // The last block exceeds the positions that run together.
  for (const auto& counts : std::vector<std::vector<int64_t>>{
           {1, 1, 1}, {7, 1, 3}, {1, 16, 3}, {40, 33, 50}}) {
    std::vector<std::vector<int64_t>> ids;
    std::vector<torch::Tensor> expected;
    for (int64_t row = 0; row < 3; ++row) {
      ids.push_back(random_ids(counts[row]));
      all[row].insert(all[row].end(), ids[row].begin(), ids[row].end());
      const auto logits = one_by_one(row, all[row]);
      expected.push_back(
          logits.narrow(0, logits.size(0) - counts[row], counts[row]));
    }
    EXPECT_TRUE(torch::equal(team.run_block(ids, cache), torch::cat(expected)))
        << counts;
  }
}

TEST_P(DecodeBlockTest, TakesBackIdsWithoutATrace) {
  auto cache = make_caches(2);
  const auto before = cache.lengths();
  DecodeTeam team(decoder_, cache);
  std::vector<int64_t> kept[2];

  for (const auto& [first, second] : std::vector<std::pair<int64_t, int64_t>>{
           {9, 4}, {30, 12}, {5, 5}, {60, 7}}) {
    const std::vector<std::vector<int64_t>> ids = {
        random_ids(first), random_ids(second)};
    team.run_block(ids, cache);
    const int64_t keep[2] = {first / 3 + 1, second};
    for (int row = 0; row < 2; ++row) {
      kept[row].insert(
          kept[row].end(), ids[row].begin(), ids[row].begin() + keep[row]);
    }
    team.take_back(
        {before[0] + static_cast<int64_t>(kept[0].size()),
         before[1] + static_cast<int64_t>(kept[1].size())},
        cache);
  }
  const auto actual = team.run_block({{3}, {4}}, cache);

  for (int64_t row = 0; row < 2; ++row) {
    kept[row].push_back(3 + row);
    EXPECT_TRUE(torch::equal(actual[row], one_by_one(row, kept[row])[-1]))
        << row;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    DecodeBlockTest,
    ::testing::Values(
        BlockCase{torch::kFloat32, 16, 0, 1},
        BlockCase{torch::kFloat32, 16, 0, 3},
        BlockCase{torch::kFloat32, 8, 0, 3},
        BlockCase{torch::kBFloat16, 16, 0, 3},
        BlockCase{torch::kBFloat16, 8, 0, 1},
        BlockCase{torch::kFloat32, 4, 0, 3},
        BlockCase{torch::kBFloat16, 4, 0, 1},
        BlockCase{torch::kBFloat16, 4, 16, 3},
        BlockCase{torch::kFloat32, 16, 16, 3},
        BlockCase{torch::kBFloat16, 16, 16, 1}),
    ::testing::PrintToStringParamName());

TEST(DecodeBlockLimitsTest, RefusesARowWithoutIds) {
  const torch::InferenceMode inference;
  auto decoder = make_decoder();
  auto cache = decoder->make_cache(2, 8);
  DecodeTeam team(decoder, cache);

  EXPECT_THAT(
      [&] {
        team.run_block({{1}, {}}, cache);
      },
      ThrowsMessage<c10::Error>(HasSubstr("one without ids")));
}

TEST(DecodeBlockLimitsTest, RefusesABlockThatDoesNotFitIntoTheCache) {
  const torch::InferenceMode inference;
  auto decoder = make_decoder();
  auto cache = decoder->make_cache(1, 8);
  DecodeTeam team(decoder, cache);

  EXPECT_THAT(
      [&] { team.run_block({std::vector<int64_t>(9, 1)}, cache); },
      ThrowsMessage<c10::Error>(HasSubstr("capacity of 8 is used up")));
}

} // namespace
} // namespace microfiche::decoder
