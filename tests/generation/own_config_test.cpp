#include "generation/decode_step.h"
#include "generation/generate.h"

#include "tests/generation/generate_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <memory>
#include <optional>
#include <vector>

namespace microfiche::generation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What a server needs: requests of one batch that differ and end early.
class OwnConfigTest : public GenerateTest {};

TEST_F(OwnConfigTest, ARequestMayHaveItsOwnConfig) {
  auto requests = make_requests({4, 7, 5});
  auto sampled = up_to(8);
  sampled.temperature = 1.5;
  sampled.seed = 3;
  auto ruled = up_to(6);
  ruled.ngram = 1;
  requests[1].config = sampled;
  requests[2].config = ruled;

  const auto results = run(requests, up_to(4));

  EXPECT_EQ(results[0].ids, run({requests[0]}, up_to(4))[0].ids);
  EXPECT_EQ(results[1].ids.size(), 8);
  EXPECT_EQ(results[2].ids, run({requests[2]}, up_to(1))[0].ids);
  EXPECT_EQ(results[2].ids.size(), 6);
  // Its own seed decides, not the number of its page.
  EXPECT_EQ(
      results[1].ids,
      run({requests[1]}, up_to(1), kNoEnd, /*first_page=*/9)[0].ids);
}

TEST_F(OwnConfigTest, ACancelledRowEndsWithWhatItHasAndLeavesTheOthersAlone) {
  const auto requests = make_requests({4, 7});
  size_t started = 0;
  std::vector<int64_t> ids_of_cancelled;
  std::vector<int64_t> finished;
  std::vector<int64_t> cancelled;
  GenerationCallbacks callbacks;
  callbacks.next = [&]() -> std::optional<GenerationRequest> {
    if (started == requests.size()) {
      return std::nullopt;
    }
    auto request = requests[started];
    request.page = static_cast<int64_t>(started++);
    return request;
  };
  callbacks.on_id = [&](int64_t page, int64_t id) {
    if (page == 0) {
      ids_of_cancelled.push_back(id);
    }
  };
  callbacks.cancelled = [&](int64_t page) {
    return page == 0 && ids_of_cancelled.size() == 3;
  };
  callbacks.on_cancelled = [&](int64_t page, GenerationResult result) {
    cancelled.push_back(page);
    EXPECT_EQ(result.ids, run({requests[0]}, up_to(3))[0].ids);
  };
  callbacks.on_result = [&](int64_t page, GenerationResult result) {
    finished.push_back(page);
    EXPECT_EQ(result.ids, run({requests[1]}, up_to(8))[0].ids);
  };

  generate(decoder(), callbacks, up_to(8), kNoEnd, /*max_rows=*/2);

  EXPECT_EQ(ids_of_cancelled.size(), 3);
  EXPECT_THAT(cancelled, ElementsAre(0));
  EXPECT_THAT(finished, ElementsAre(1));
}

TEST_F(OwnConfigTest, RowsWithAndWithoutDraftsShareABatch) {
  auto requests = make_requests({4, 7, 9, 2, 5});
  std::vector<std::vector<int64_t>> alone;
  for (size_t i = 0; i < requests.size(); ++i) {
    alone.push_back(run({requests[i]}, up_to(40))[0].ids);
    if (i % 2 == 0) {
      // Its own answer, or that of another row.
      requests[i].draft = std::make_shared<const Draft>(
          std::vector<std::vector<int64_t>>{alone[i == 4 ? 0 : i]});
    }
  }

  const auto together = run(requests, up_to(40));

  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(together[i].ids, alone[i]) << i;
    EXPECT_EQ(together[i].drafted > 0, i % 2 == 0) << i;
  }
  EXPECT_GT(together[2].accepted, 0);
}

TEST_F(OwnConfigTest, SaysWhyDraftsHaveNoEffect) {
  auto config = loaded.config;
  config.language.num_attention_heads = 4;
  const auto reason_of = [&] {
    return DecodeStep(model::make_model(config, tests::byte_tokenizer())
                          .model->decoder)
        .unsupported_draft_reason();
  };
  // Without a window, every decoder can take ids back.
  EXPECT_EQ(reason_of(), std::nullopt);

  config.language.sliding_window_size = 5;

  EXPECT_THAT(reason_of().value_or(""), HasSubstr("a window of 5 positions"));
  EXPECT_THAT(reason_of().value_or(""), HasSubstr("heads share keys"));
  config.language.num_attention_heads = 2;
  EXPECT_EQ(reason_of(), std::nullopt);
}

} // namespace
} // namespace microfiche::generation
