#include "generation/generate.h"

#include "tests/generation/generate_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <optional>
#include <vector>

namespace microfiche::generation {
namespace {

using ::testing::ElementsAre;

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

TEST_F(OwnConfigTest, ACancelledRowEndsWithoutAResultAndLeavesTheOthersAlone) {
  const auto requests = make_requests({4, 7});
  size_t started = 0;
  std::vector<int64_t> ids_of_cancelled;
  std::vector<int64_t> finished;
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
  callbacks.on_result = [&](int64_t page, GenerationResult result) {
    finished.push_back(page);
    EXPECT_EQ(result.ids, run({requests[1]}, up_to(8))[0].ids);
  };

  generate(decoder(), callbacks, up_to(8), kNoEnd, /*max_rows=*/2);

  EXPECT_EQ(ids_of_cancelled.size(), 3);
  EXPECT_THAT(finished, ElementsAre(1));
}

} // namespace
} // namespace microfiche::generation
