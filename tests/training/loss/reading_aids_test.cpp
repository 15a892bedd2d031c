#include "training/loss/reading_aids.h"

#include "decoder/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::training {
namespace {

// A page of 2 x 2 vision tokens after a begin token: positions 1 and 2 are the
// first row, 3 its newline, 4 and 5 the second row, 6 and 7 newline and
// separator. Two characters are predicted, from position 7 on.
constexpr int64_t kLength = 9;

AnswerLayout make_layout() {
  AnswerLayout layout;
  layout.answer_begin = 7;
  layout.image_begin = 1;
  layout.side = 2;
  // The second row's first token, and padding.
  layout.points = torch::tensor({10.0F, 70.0F, -1.0F, -1.0F}).view({1, 2, 2});
  return layout;
}

decoder::Decoder make_decoder() {
  torch::manual_seed(1);
  return decoder::Decoder(decoder::DecoderOptions()
                              .vocab_size(16)
                              .width(16)
                              .layers(2)
                              .heads(2)
                              .kv_heads(2)
                              .first_dense_layers(2)
                              .intermediate_width(16));
}

std::vector<decoder::LayerProbe> run(
    ReadingAids& aids,
    decoder::Decoder& decoder,
    const AidConfig& config,
    double bias) {
  auto probes = aids->make_probes(
      config, make_layout(), /*num_layers=*/2, kLength, bias, torch::kFloat32);
  torch::manual_seed(2);
  decoder->forward(
      torch::randn({1, kLength, 16}), /*cache=*/nullptr, {}, &probes);
  return probes;
}

TEST(ReadingAidsTest, BiasesTheTokenUnderTheCharacterAndNothingElse) {
  const ReadingAids aids(ReadingAidsOptions(16));
  const AidConfig config{.attention_bias = 8};

  const auto probes = aids->make_probes(
      config,
      make_layout(),
      /*num_layers=*/2,
      kLength,
      /*bias=*/8,
      torch::kFloat32);

  const auto bias = probes[1].attention_bias;
  ASSERT_EQ(bias.sizes(), (std::vector<int64_t>{1, 1, kLength, kLength}));
  EXPECT_EQ(bias[0][0][7][4].item<float>(), 8);
  EXPECT_EQ(bias.sum().item<float>(), 8);
  EXPECT_FALSE(probes[0].attention_bias.defined());
}

TEST(ReadingAidsTest, WithoutRowsNoNewlineStandsBeforeTheSecondRow) {
  const auto position = [](page::TokenLayout layout) {
    const ReadingAids aids(ReadingAidsOptions(16).layout(layout));
    const auto probes = aids->make_probes(
        AidConfig{.attention_bias = 8},
        make_layout(),
        /*num_layers=*/2,
        kLength,
        /*bias=*/8,
        torch::kFloat32);
    return probes[1].attention_bias[0][0][7].argmax().item<int64_t>();
  };

  // The begin token, then the squares 0, 1, 2; the character is in square 2.
  EXPECT_EQ(position({.has_rows = false}), 3);
  EXPECT_EQ(position({.has_rows = false, .squares_per_token = 2}), 2);
}

TEST(ReadingAidsTest, ACellOfALaterSquareOfATokenIsAnotherLabel) {
  ReadingAids aids(ReadingAidsOptions(16).layout(
      {.has_rows = false, .squares_per_token = 2}));
  auto decoder = make_decoder();
  const AidConfig config{.location = 1};
  // x = 10 and x = 74 are the same cell of neighbouring squares.
  const auto loss_at = [&](float x_px) {
    auto layout = make_layout();
    layout.points = torch::tensor({x_px, 70.0F, -1.0F, -1.0F}).view({1, 2, 2});
    const torch::NoGradGuard no_grad;
    return aids->loss(config, layout, run(aids, decoder, config, /*bias=*/0))
        .item<float>();
  };

  EXPECT_EQ(aids->cell->weight.size(0), 2 * 8 * 8);
  EXPECT_NE(loss_at(10), loss_at(74));
  // Both squares belong to one token, so nothing else differs.
  const torch::NoGradGuard no_grad;
  aids->cell->weight.zero_();
  aids->cell->bias.zero_();
  EXPECT_EQ(loss_at(10), loss_at(74));
}

TEST(ReadingAidsTest, TheBiasRaisesTheAttentionToThatToken) {
  ReadingAids aids(ReadingAidsOptions(16));
  auto decoder = make_decoder();
  const AidConfig config{.attention = 1, .attention_bias = 8};

  const auto with = run(aids, decoder, config, /*bias=*/8);
  const auto without = run(aids, decoder, config, /*bias=*/0);

  const auto attended = [](const std::vector<decoder::LayerProbe>& probes) {
    return probes[1].attention[0][0][7][4].item<float>();
  };
  EXPECT_GT(attended(with), 0.9);
  EXPECT_LT(attended(without), 0.3);
  EXPECT_LT(
      aids->loss(config, make_layout(), with).item<float>(),
      aids->loss(config, make_layout(), without).item<float>());
}

TEST(ReadingAidsTest, TrainsItsHeadsAndTheLayerBelow) {
  ReadingAids aids(ReadingAidsOptions(16));
  auto decoder = make_decoder();
  const AidConfig config{.location = 1};

  aids->loss(config, make_layout(), run(aids, decoder, config, /*bias=*/0))
      .backward();

  EXPECT_GT(aids->token->weight.grad().abs().sum().item<float>(), 0);
  EXPECT_GT(aids->cell->weight.grad().abs().sum().item<float>(), 0);
  const auto first = decoder->layers[0]->named_parameters();
  EXPECT_TRUE(first["attention.q_proj.weight"].grad().defined());
  const auto second = decoder->layers[1]->named_parameters();
  EXPECT_FALSE(second["attention.q_proj.weight"].grad().defined());
}

TEST(ReadingAidsTest, AHigherLayerHelpsTheNextOne) {
  const ReadingAids aids(ReadingAidsOptions(16));
  const AidConfig config{.layer = 1, .attention = 1, .attention_bias = 8};
  const auto probes_of = [&](int64_t num_layers) {
    return aids->make_probes(
        config, make_layout(), num_layers, kLength, 8, torch::kFloat32);
  };

  const auto probes = probes_of(3);

  EXPECT_TRUE(probes[2].attention_bias.defined());
  EXPECT_TRUE(probes[2].keep_attention);
  EXPECT_FALSE(probes[1].keep_attention);
  EXPECT_THROW(probes_of(2), c10::ValueError);
}

TEST(ReadingAidsTest, IgnoresPadding) {
  ReadingAids aids(ReadingAidsOptions(16));
  auto decoder = make_decoder();
  const AidConfig config{.location = 1, .attention = 1};
  auto probes = run(aids, decoder, config, /*bias=*/0);
  const auto before = aids->loss(config, make_layout(), probes);

  // What the padded position holds does not matter.
  const torch::NoGradGuard no_grad;
  probes[0].output.select(1, 8).add_(5);
  probes[1].attention.select(2, 8).zero_();

  EXPECT_EQ(
      aids->loss(config, make_layout(), probes).item<float>(),
      before.item<float>());
}

} // namespace
} // namespace microfiche::training
