#include "training/loss/glyph_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::training {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

GlyphHead make_head() {
  torch::manual_seed(1);
  return GlyphHead(GlyphHeadOptions(8).width(16).cells(4));
}

torch::Tensor point(float x, float y) {
  return torch::tensor({x, y}).view({1, 1, 2});
}

TEST(GlyphHeadTest, PredictsLabelsOfEveryPoint) {
  auto head = make_head();

  const auto logits =
      head->forward(torch::randn({2, 9, 8}), 191 * torch::rand({2, 5, 2}));

  EXPECT_EQ(logits.sizes(), (std::vector<int64_t>{2, 5, 257}));
  EXPECT_EQ(logits.scalar_type(), torch::kFloat32);
}

TEST(GlyphHeadTest, UsesTheTokenUnderThePoint) {
  auto head = make_head();
  const auto tokens = torch::randn({1, 4, 8});
  auto changed = tokens.clone();
  // The lower left one of 2 x 2.
  changed[0][2] += 1;

  const auto asks = [&](float x, float y) {
    return !torch::equal(
        head->forward(tokens, point(x, y)),
        head->forward(changed, point(x, y)));
  };

  EXPECT_TRUE(asks(10, 70));
  EXPECT_TRUE(asks(63.5, 127.5));
  EXPECT_FALSE(asks(10, 63));
  EXPECT_FALSE(asks(64, 70));
}

TEST(GlyphHeadTest, ATokenOfSeveralSquaresAnswersForEachOfThem) {
  torch::manual_seed(1);
  GlyphHead head(GlyphHeadOptions(8).width(16).cells(4).squares_per_token(2));
  // 4 x 4 squares; token 3 has the right half of the second row.
  const auto tokens = torch::randn({1, 8, 8});
  auto changed = tokens.clone();
  changed[0][3] += 1;

  const auto asks = [&](float x, float y) {
    return !torch::equal(
        head->forward(tokens, point(x, y)),
        head->forward(changed, point(x, y)));
  };

  EXPECT_TRUE(asks(130, 70));
  EXPECT_TRUE(asks(255, 127));
  EXPECT_FALSE(asks(127, 70));
  EXPECT_FALSE(asks(130, 63));
  EXPECT_FALSE(asks(130, 128));
  // Its two squares have cells of their own.
  EXPECT_FALSE(torch::equal(
      head->forward(tokens, point(130, 70)),
      head->forward(tokens, point(194, 70))));
}

TEST(GlyphHeadTest, RefusesTokensThatAreNoSquare) {
  auto head = make_head();

  EXPECT_THROW(head->forward(torch::randn({1, 6, 8}), point(1, 1)), c10::Error);
}

TEST(GlyphHeadTest, DistinguishesPointsInsideACell) {
  auto head = make_head();
  const auto tokens = torch::randn({1, 4, 8});

  EXPECT_FALSE(torch::equal(
      head->forward(tokens, point(1, 1)), head->forward(tokens, point(2, 1))));
  EXPECT_FALSE(torch::equal(
      head->forward(tokens, point(1, 1)), head->forward(tokens, point(1, 2))));
}

TEST(GlyphHeadTest, LargeTokensDoNotHideTheOffset) {
  auto head = make_head();
  const auto tokens = torch::randn({1, 4, 8});
  const auto difference = [&](double loudness) {
    return (head->forward(loudness * tokens, point(1, 1)) -
            head->forward(loudness * tokens, point(9, 1)))
        .norm()
        .item<double>();
  };

  EXPECT_GT(difference(1000), 0.5 * difference(1));
}

TEST(GlyphHeadTest, RefusesTokensOfAnotherWidth) {
  auto head = make_head();

  EXPECT_THAT(
      [&] {
        head->forward(torch::zeros({1, 4, 7}), point(1, 1));
      },
      ThrowsMessage<c10::Error>(HasSubstr("got [1, 4, 7]")));
}

TEST(GlyphHeadTest, RefusesCellsThatDoNotDivideAToken) {
  EXPECT_THAT(
      [] { GlyphHead(GlyphHeadOptions(8).cells(5)); },
      ThrowsMessage<c10::Error>(HasSubstr("cells must divide")));
}

} // namespace
} // namespace microfiche::training
