#include "model/optical_model.h"

#include "checkpoint/safetensors.h"
#include "model/state_dict.h"
#include "page/image_file.h"
#include "tests/support/parity.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>
#include <vector>

// The reference cases are from the official code; see tests/data/parity.

namespace microfiche::model {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class AssemblyTest : public ::testing::Test {
 protected:
  torch::Tensor golden(const std::string& name) const {
    const auto* info = file.find(name);
    TORCH_CHECK(info != nullptr, "no tensor ", name);
    return view_tensor({*info, file.bytes(*info)}).clone();
  }

  /// A model with the newline and the separator of the case.
  OpticalModel golden_model() const {
    OpticalModel model(optical_model_options(
        load_model_config(tests::parity_model() / "config.json")));
    const torch::NoGradGuard no_grad;
    model->image_newline.copy_(golden("image_newline"));
    model->view_separator.copy_(golden("view_seperator"));
    return model;
  }

  checkpoint::SafetensorsFile file{
      tests::data_path("parity/assembly.safetensors")};
};

TEST_F(AssemblyTest, MatchesTheReferenceWithoutTiles) {
  const auto sequence = golden_model()->assemble(
      golden("global_tokens"), torch::Tensor(), page::TileGrid());

  EXPECT_TRUE(torch::equal(sequence[0], golden("sequence.no_tiles")));
}

TEST_F(AssemblyTest, MatchesTheReferenceWithTwoByThreeTiles) {
  const auto sequence = golden_model()->assemble(
      golden("global_tokens"),
      golden("local_tokens.w2_h3").unsqueeze(0),
      page::TileGrid{2, 3});

  EXPECT_TRUE(torch::equal(sequence[0], golden("sequence.w2_h3")));
}

TEST(OpticalModelTest, PagesOfDeepSeekOcr2AreFlat) {
  auto loaded = model::load_model(tests::data_path("parity_v2/model"));
  const torch::InferenceMode inference;
  const auto global_tokens = torch::randn({2, 256, 64});
  const auto tile_tokens = torch::randn({2, 3, 144, 64});

  const auto sequence = loaded.model->assemble(
      global_tokens, tile_tokens, page::TileGrid{3, 1})[1];

  EXPECT_TRUE(torch::equal(
      sequence,
      torch::cat(
          {tile_tokens[1].flatten(0, 1),
           global_tokens[1],
           loaded.model->view_separator.unsqueeze(0)})));
}

TEST(OpticalModelTest, PixelsAreNormalisedAndChannelFirst) {
  auto image = page::make_page(2, 1, page::Colour{255, 0, 0});
  image.rgb[3] = 127;
  const page::PageImage* images[] = {&image};

  const auto pixels = normalized_pixels(images, torch::kFloat32);

  EXPECT_EQ(pixels.sizes(), (std::vector<int64_t>{1, 3, 1, 2}));
  EXPECT_EQ(pixels[0][0][0][0].item<float>(), 1.0f);
  EXPECT_NEAR(pixels[0][0][0][1].item<float>(), 127 / 127.5 - 1, 1e-7);
  EXPECT_EQ(pixels[0][1][0][0].item<float>(), -1.0f);
}

TEST(OpticalModelTest, EncodesEveryPositionOfAPage) {
  auto loaded = tests::make_tiny_model();
  const auto mode = loaded.find_mode("tiles");
  const page::PageViews views[] = {
      page::make_views(tests::noise_page(200, 100, 1), mode)};
  const torch::InferenceMode inference;

  const auto tokens = loaded.model->encode(views, mode).front();

  // Tiles 2 x 1 of 2 x 2 tokens: two rows of 4 + newline; the view of 3 x 3:
  // three rows of 3 + newline; the separator.
  EXPECT_EQ(tokens.sequence.sizes(), (std::vector<int64_t>{23, 32}));
  EXPECT_EQ(tokens.counts.positions, 23);
  EXPECT_EQ(tokens.counts.nominal, 17);
  EXPECT_EQ(tokens.grid, (page::TileGrid{2, 1}));
  EXPECT_EQ(tokens.page_width_px, 200);
}

TEST(OpticalModelTest, ABatchEqualsItsPagesOneByOne) {
  auto loaded = tests::make_tiny_model();
  const auto mode = loaded.find_mode("tiles");
  const std::vector<page::PageViews> views = {
      page::make_views(tests::noise_page(200, 100, 1), mode),
      page::make_views(tests::noise_page(50, 60, 2), mode),
      page::make_views(tests::noise_page(150, 150, 3), mode)};
  const torch::InferenceMode inference;

  const auto together = loaded.model->encode(views, mode);

  for (size_t i = 0; i < views.size(); ++i) {
    const auto alone = loaded.model->encode({&views[i], 1}, mode).front();
    EXPECT_TRUE(torch::allclose(
        together[i].sequence, alone.sequence, /*rtol=*/1e-4, /*atol=*/1e-5));
    EXPECT_EQ(together[i].counts, alone.counts);
  }
}

TEST(OpticalModelTest, PutsTheSequenceIntoThePrompt) {
  auto loaded = tests::make_tiny_model();
  const auto sequence = torch::randn({3, 32});
  const Prompt prompt{{0, 7, 259, 259, 259, 9}, 2, 3};
  const torch::InferenceMode inference;

  const auto embeds = loaded.model->embed(prompt, sequence);

  EXPECT_TRUE(torch::equal(embeds.narrow(0, 2, 3), sequence));
  EXPECT_TRUE(torch::equal(
      embeds[5], loaded.model->decoder->embed(torch::tensor({9}))[0]));
}

TEST(OpticalModelTest, RefusesASequenceOfAnotherLength) {
  auto loaded = tests::make_tiny_model();
  const Prompt prompt{{0, 259, 259, 259}, 1, 3};

  EXPECT_THAT(
      [&] {
        loaded.model->embed(prompt, torch::zeros({4, 32}));
      },
      ThrowsMessage<c10::Error>(HasSubstr("of shape (3, 32)")));
}

} // namespace
} // namespace microfiche::model
