#include "encoder/clip_vit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::encoder {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

ClipVitOptions small() {
  return ClipVitOptions().width(16).layers(2).heads(4).table_side(3);
}

TEST(ClipVitTest, DropsTheClassToken) {
  ClipVit clip(small());

  const auto tokens = clip->forward(torch::randn({2, 16, 3, 3}));

  EXPECT_EQ(tokens.sizes(), (std::vector<int64_t>{2, 9, 16}));
}

TEST(ClipVitTest, TheClassTokenAffectsTheOtherTokens) {
  torch::manual_seed(0);
  ClipVit clip(small());
  const torch::NoGradGuard no_grad;
  for (auto& parameter : clip->parameters()) {
    parameter.normal_(0, 0.3);
  }
  const auto map = torch::randn({1, 16, 3, 3});
  const auto before = clip->forward(map);

  clip->class_embedding.normal_();

  EXPECT_FALSE(torch::allclose(clip->forward(map), before));
}

TEST(ClipVitTest, RefusesTokensOfAnotherWidth) {
  ClipVit clip(small());

  EXPECT_THAT(
      [&] {
        clip->forward(torch::zeros({1, 8, 3, 3}));
      },
      ThrowsMessage<c10::Error>(
          HasSubstr("tokens of shape (B, 16, n, n), got [1, 8, 3, 3]")));
}

TEST(ClipVitTest, RefusesAWidthThatIsNotAMultipleOfHeads) {
  EXPECT_THAT(
      [] { ClipVit(ClipVitOptions().width(10).heads(4)); },
      ThrowsMessage<c10::ValueError>(HasSubstr("got width 10")));
}

} // namespace
} // namespace microfiche::encoder
