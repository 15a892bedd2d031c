#include "encoder/sam_block.h"

#include "encoder/sam_vit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::encoder {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Weights large enough that every part affects the output.
void randomize(torch::nn::Module& module) {
  const torch::NoGradGuard no_grad;
  for (auto& parameter : module.parameters()) {
    parameter.normal_(0, 0.3);
  }
}

SamAttention make_attention(int64_t window_size) {
  torch::manual_seed(0);
  const int64_t side = window_size > 0 ? window_size : 6;
  SamAttention attention(SamAttentionOptions(/*width=*/8, /*heads=*/2, side)
                             .window_size(window_size));
  randomize(*attention);
  return attention;
}

TEST(SamAttentionTest, PaddingIsZerosThatAreNotMasked) {
  // A 4 x 4 grid in windows of 6: one window, a border of padding.
  auto windowed = make_attention(/*window_size=*/6);
  auto whole = make_attention(/*window_size=*/0);
  const auto grid = torch::randn({2, 4, 4, 8});
  const auto padded = torch::constant_pad_nd(grid, {0, 0, 0, 2, 0, 2});

  const auto attended = windowed->forward(grid);

  const auto expected = whole->forward(padded).narrow(1, 0, 4).narrow(2, 0, 4);
  EXPECT_TRUE(torch::allclose(attended, expected, 1e-4, 1e-5));
}

TEST(SamAttentionTest, WindowsDoNotSeeEachOther) {
  auto attention = make_attention(/*window_size=*/3);
  const auto grid = torch::randn({1, 6, 6, 8});
  auto changed = grid.clone();
  changed.slice(/*dim=*/1, 3).add_(1);

  const auto difference =
      (attention->forward(grid) - attention->forward(changed)).abs();

  EXPECT_EQ(difference.slice(1, 0, 3).max().item<double>(), 0);
  EXPECT_GT(difference.slice(1, 3).max().item<double>(), 0);
}

TEST(SamAttentionTest, AnotherGridResamplesTheTablesLinearly) {
  // Halfway between two table rows: 2 * 3 - 1 = 5 offsets from a table of 11.
  auto attention = make_attention(/*window_size=*/0);
  const torch::NoGradGuard no_grad;
  attention->rel_pos_h.copy_(torch::arange(11).unsqueeze(1).expand({11, 4}));
  auto small = SamAttention(SamAttentionOptions(8, 2, /*table_side=*/3));
  small->rel_pos_w.zero_();
  attention->rel_pos_w.zero_();
  for (const auto* name :
       {"qkv.weight", "qkv.bias", "projection.weight", "projection.bias"}) {
    small->named_parameters()[name].copy_(attention->named_parameters()[name]);
  }
  // (i + 0.5) * 11 / 5 - 0.5
  small->rel_pos_h.copy_(torch::tensor({0.6, 2.8, 5.0, 7.2, 9.4})
                             .to(torch::kFloat32)
                             .unsqueeze(1)
                             .expand({5, 4}));
  const auto grid = torch::randn({1, 3, 3, 8});

  EXPECT_TRUE(torch::allclose(
      attention->forward(grid), small->forward(grid), 1e-4, 1e-5));
}

TEST(SamVitTest, PagesOfABatchAreIndependent) {
  torch::manual_seed(0);
  SamVit sam(SamVitOptions()
                 .image_size(96)
                 .patch_size(8)
                 .width(16)
                 .layers(2)
                 .heads(2)
                 .window_size(5)
                 .global_attn_indexes({0})
                 .neck_channels(8));
  randomize(*sam);
  const torch::NoGradGuard no_grad;
  const auto pages = torch::rand({3, 3, 96, 96}) * 2 - 1;

  const auto together = sam->forward(pages);

  for (int64_t page = 0; page < 3; ++page) {
    const auto alone = sam->forward(pages.narrow(0, page, 1));
    EXPECT_TRUE(torch::allclose(together[page], alone[0], 1e-4, 1e-5));
  }
}

TEST(SamVitTest, RefusesAGlobalLayerThatDoesNotExist) {
  EXPECT_THAT(
      [] { SamVit(SamVitOptions().width(16).heads(2).layers(2)); },
      ThrowsMessage<c10::ValueError>(
          HasSubstr("global_attn_indexes must be layers in [0, 2), got 2")));
}

TEST(SamVitTest, RefusesAPageThatIsNotSquare) {
  SamVit sam(
      SamVitOptions().width(16).heads(2).layers(1).global_attn_indexes({}));

  EXPECT_THAT(
      [&] {
        sam->forward(torch::zeros({1, 3, 64, 128}));
      },
      ThrowsMessage<c10::Error>(HasSubstr(
          "square pages of shape (B, 3, S, S), got [1, 3, 64, 128]")));
}

} // namespace
} // namespace microfiche::encoder
