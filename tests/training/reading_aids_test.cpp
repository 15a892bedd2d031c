#include "training/reading_aids.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::training {
namespace {

// One page of 2 x 2 vision tokens after one prompt id, then three characters:
// in the first token, in the last one, and nowhere.
//
//   0 bos | 1 2 newline 4 5 newline separator (7) | answers from 7
ReadingPlaces three_characters() {
  ReadingPlaces places;
  places.answer_begin = 7;
  places.image_begin = 1;
  places.side = 2;
  places.points =
      torch::tensor({3.F, 3.F, 70.F, 100.F, -1.F, -1.F}).view({1, 3, 2});
  return places;
}

constexpr int64_t kLength = 10;

TEST(ReadingAidsTest, BiasesTheLogitOfTheTokenUnderEachCharacter) {
  const ReadingAids aids(ReadingAidsOptions(8));
  AidConfig config;
  config.attention_bias = 5;

  const auto probes = aids->make_probes(
      config, three_characters(), 3, kLength, 5, torch::kFloat32);

  auto expected = torch::zeros({1, 1, kLength, kLength});
  expected[0][0][7][1] = 5;
  expected[0][0][8][5] = 5;
  EXPECT_TRUE(torch::equal(probes[1].attention_bias, expected));
  EXPECT_FALSE(probes[0].attention_bias.defined());
}

TEST(ReadingAidsTest, AttentionOnTheRightTokenCostsNothing) {
  ReadingAids aids(ReadingAidsOptions(8));
  AidConfig config;
  config.attention = 1;
  auto right = torch::zeros({1, 2, kLength, kLength});
  right.select(2, 7).select(2, 1).fill_(1);
  right.select(2, 8).select(2, 5).fill_(1);
  std::vector<decoder::LayerProbe> probes(2);

  probes[1].attention = right;
  const double loss_right =
      aids->loss(config, three_characters(), probes).item<double>();
  probes[1].attention = right / 2;
  const double loss_half =
      aids->loss(config, three_characters(), probes).item<double>();

  EXPECT_NEAR(loss_right, 0, 1e-5);
  EXPECT_NEAR(loss_half, std::log(2.0), 1e-5);
}

TEST(ReadingAidsTest, TheHeadsAreAskedForTokenAndPlace) {
  torch::manual_seed(0);
  ReadingAids aids(ReadingAidsOptions(8));
  AidConfig config;
  config.location = 1;
  std::vector<decoder::LayerProbe> probes(2);
  probes[0].output = torch::randn({1, kLength, 8});
  const auto found = probes[0].output.narrow(1, 7, 2)[0];
  // (70, 100) lies in token 3, 6 px right and 36 px down: place 4 * 8 + 0.
  const auto expected =
      torch::cross_entropy_loss(
          aids->token->forward(found), torch::tensor({0, 3})) +
      torch::cross_entropy_loss(
          aids->place->forward(found), torch::tensor({0, 32}));

  const auto loss = aids->loss(config, three_characters(), probes);

  EXPECT_NEAR(loss.item<double>(), expected.item<double>(), 1e-5);
}

} // namespace
} // namespace microfiche::training
