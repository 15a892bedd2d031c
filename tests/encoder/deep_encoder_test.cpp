#include "encoder/deep_encoder.h"

#include "model/loaded_model.h"
#include "tests/support/parity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::encoder {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

DeepEncoderOptions small_encoder() {
  return DeepEncoderOptions()
      .sam(SamVitOptions()
               .image_size(64)
               .patch_size(8)
               .width(16)
               .layers(2)
               .heads(2)
               .window_size(3)
               .global_attn_indexes({1})
               .neck_channels(8))
      .compressor(TokenCompressorOptions().in_channels(8).channels({12, 16}))
      .second_stage(stage_factory<ClipVitImpl>(
          ClipVitOptions().width(16).layers(1).heads(2).table_side(2)))
      .projector(ProjectorOptions().in_width(32).out_width(24));
}

class EncoderParityTest : public ::testing::TestWithParam<int64_t> {};

TEST_P(EncoderParityTest, EveryStageMatchesThePublishedEncoder) {
  const tests::ParityFile golden("encoder.safetensors");
  const auto size = std::to_string(GetParam());
  auto loaded = model::load_model(tests::parity_model());
  const torch::InferenceMode inference;
  const auto pixels = tests::parity_pixels("parity/images/" + size + ".png");

  const auto stages = loaded.model->encoder->stages(pixels);

  if (GetParam() <= 512) {
    EXPECT_LT(tests::relative_error(stages.sam, golden["sam." + size]), 1e-4);
    EXPECT_LT(
        tests::relative_error(stages.second, golden["clip." + size]), 1e-4);
  }
  EXPECT_LT(
      tests::relative_error(stages.tokens, golden["tokens." + size]), 1e-4);
}

// 256, 512 and 640 px shrink the position tables of CLIP and SAM; 1024 px does
// not.
INSTANTIATE_TEST_SUITE_P(
    PageSides,
    EncoderParityTest,
    ::testing::Values(256, 512, 640, 1024));

TEST(DeepEncoderTest, Bfloat16IsCloseToFloat32) {
  const tests::ParityFile golden("encoder.safetensors");
  auto loaded = model::load_model(tests::parity_model());
  const torch::InferenceMode inference;
  auto& encoder = loaded.model->encoder;
  encoder->to(torch::kBFloat16);
  const auto pixels = tests::parity_pixels("parity/images/256.png");

  const auto tokens =
      encoder->forward(pixels.to(torch::kBFloat16)).to(torch::kFloat32);

  // Each of the 7 blocks rounds its residual stream by a relative 2^-9 a few
  // times, in random directions: sqrt(7 * 4) * 2e-3 = 1e-2 typically. The
  // largest error of a thousand values is three times that.
  EXPECT_LT(tests::relative_error(tokens, golden["tokens.256"]), 4e-2);
}

TEST(DeepEncoderTest, EveryWeightHasAGradient) {
  torch::manual_seed(0);
  DeepEncoder encoder(small_encoder());

  encoder->forward(torch::randn({2, 3, 64, 64})).square().sum().backward();

  for (const auto& parameter : encoder->named_parameters()) {
    ASSERT_TRUE(parameter->grad().defined()) << parameter.key();
    EXPECT_GT(parameter->grad().abs().max().item<double>(), 0)
        << parameter.key();
  }
}

TEST(DeepEncoderTest, ACloneSharesNoWeights) {
  torch::manual_seed(0);
  DeepEncoder encoder(small_encoder());
  const torch::NoGradGuard no_grad;
  const auto pixels = torch::randn({1, 3, 64, 64});
  const auto before = encoder->forward(pixels);

  auto copy = std::dynamic_pointer_cast<DeepEncoderImpl>(encoder->clone());
  for (auto& parameter : encoder->parameters()) {
    parameter.zero_();
  }

  EXPECT_TRUE(torch::equal(copy->forward(pixels), before));
}

/// The example of docs/own_encoder.md.
class MixImpl : public torch::nn::Cloneable<MixImpl>, public SecondStage {
 public:
  explicit MixImpl(int64_t width_) : width(width_) {
    reset();
  }
  void reset() override {
    mix = register_module(
        "mix", layers::Linear(torch::nn::LinearOptions(width, width)));
  }

  std::string stage_name() const override {
    return "mix";
  }
  int64_t in_channels() const override {
    return width;
  }
  int64_t feature_width() const override {
    return width;
  }
  torch::Tensor forward(const torch::Tensor& map) override {
    return mix->forward(map.flatten(2).transpose(1, 2));
  }
  torch::Tensor features(const torch::Tensor&, const torch::Tensor& output)
      override {
    return output;
  }
  bool features_have_map() const override {
    return false;
  }
  void set_recompute(bool) override {}

  int64_t width;
  layers::Linear mix{nullptr};
};

TEST(DeepEncoderTest, TakesASecondStageOfOnesOwn) {
  torch::manual_seed(0);
  DeepEncoder encoder(
      small_encoder()
          .second_stage(stage_factory<MixImpl>(int64_t{16}))
          .projector(ProjectorOptions().in_width(16).out_width(24)));
  const torch::NoGradGuard no_grad;
  const auto pixels = torch::randn({1, 3, 64, 64});

  const auto stages = encoder->stages(pixels);
  auto copy = std::dynamic_pointer_cast<DeepEncoderImpl>(encoder->clone());
  encoder->named_parameters()["mix.mix.weight"].zero_();

  EXPECT_EQ(stages.second.sizes(), (std::vector<int64_t>{1, 4, 16}));
  EXPECT_TRUE(
      torch::equal(stages.tokens, encoder->projector->forward(stages.second)));
  EXPECT_TRUE(torch::equal(copy->forward(pixels), stages.tokens));
  EXPECT_FALSE(torch::equal(encoder->forward(pixels), stages.tokens));
}

TEST(DeepEncoderTest, RefusesASideThatIsNotAMultipleOfAToken) {
  DeepEncoder encoder(small_encoder());

  EXPECT_THAT(
      [&] {
        encoder->forward(torch::zeros({1, 3, 48, 48}));
      },
      ThrowsMessage<c10::Error>(
          HasSubstr("S a multiple of 32, got [1, 3, 48, 48]")));
}

TEST(DeepEncoderTest, RefusesTowersThatDoNotFit) {
  EXPECT_THAT(
      [] {
        DeepEncoder(small_encoder().second_stage(stage_factory<ClipVitImpl>(
            ClipVitOptions().width(20).layers(1).heads(2).table_side(2))));
      },
      ThrowsMessage<c10::ValueError>(HasSubstr(
          "the compressor's last channels, 16, got a stage that takes 20")));
}

} // namespace
} // namespace microfiche::encoder
