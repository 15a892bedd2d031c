#include "text_compression/text_compressor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::text_compression {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int64_t kWidth = 16;

TextCompressor make(const TextCompressorConfig& config) {
  torch::manual_seed(0);
  return TextCompressor(TextCompressorOptions(kWidth, config));
}

/// One text of as many ids.
torch::Tensor random_text(int64_t length) {
  return torch::randn({1, length, kWidth});
}

TEST(TextCompressorTest, TruncationFirstDependsOnlyOnTheFirstIds) {
  auto compressor = make({.method = Method::kTruncationFirst});
  auto text = random_text(7);
  const auto before = compressor->forward(text, {7}, 3);
  text.narrow(1, 3, 4).normal_();

  EXPECT_TRUE(torch::equal(before[0], text[0].narrow(0, 0, 3)));
  EXPECT_TRUE(torch::equal(compressor->forward(text, {7}, 3), before));
}

TEST(TextCompressorTest, TruncationLastDependsOnlyOnTheLastIds) {
  auto compressor = make({.method = Method::kTruncationLast});
  auto text = random_text(7);
  const auto before = compressor->forward(text, {7}, 3);
  text.narrow(1, 0, 4).normal_();

  EXPECT_TRUE(torch::equal(before[0], text[0].narrow(0, 4, 3)));
  EXPECT_TRUE(torch::equal(compressor->forward(text, {7}, 3), before));
}

TEST(TextCompressorTest, MeanPoolingIsTheMeanOfEachSpan) {
  auto compressor = make({.method = Method::kMeanPooling});
  const auto text = random_text(6);

  EXPECT_TRUE(torch::allclose(
      compressor->forward(text, {6}, 2)[0],
      text.view({2, 3, kWidth}).mean(1),
      1e-5,
      1e-6));
}

TEST(TextCompressorTest, MeanPoolingIsExactWithOneVectorPerId) {
  auto compressor = make({.method = Method::kMeanPooling});
  const auto text = random_text(5);

  EXPECT_TRUE(torch::equal(compressor->forward(text, {5}, 5), text));
}

TEST(TextCompressorTest, MeanPoolingIgnoresTheOrderInASpan) {
  auto compressor = make({.method = Method::kMeanPooling});
  const auto text = random_text(4);

  EXPECT_TRUE(torch::allclose(
      compressor->forward(text, {4}, 1),
      compressor->forward(text.flip(1), {4}, 1),
      1e-5,
      1e-6));
}

TEST(TextCompressorTest, AHybridEndsWithTheEmbeddingsOfTheLastIds) {
  auto compressor = make({.method = Method::kConvPyramid, .raw_last = 2});
  const auto text = random_text(9);

  const auto vectors = compressor->forward(text, {9}, 4);

  EXPECT_EQ(vectors.size(1), 4);
  EXPECT_TRUE(
      torch::equal(vectors[0].narrow(0, 2, 2), text[0].narrow(0, 7, 2)));
}

TEST(TextCompressorTest, TheCompressedPartOfAHybridIncludesTheLastIds) {
  auto compressor = make({.method = Method::kMeanPooling, .raw_last = 1});
  const auto text = random_text(4);

  EXPECT_TRUE(torch::allclose(
      compressor->forward(text, {4}, 2)[0][0], text[0].mean(0), 1e-5, 1e-6));
}

TEST(TextCompressorTest, RefusesAMethodWithoutAFixedCount) {
  auto compressor = make({.method = Method::kWholeText});

  EXPECT_THAT(
      [&] { compressor->forward(random_text(4), {4}, 2); },
      ThrowsMessage<c10::Error>(HasSubstr("has no fixed number of vectors")));
}

class EachMethodTest : public ::testing::TestWithParam<TextCompressorConfig> {};

TEST_P(EachMethodTest, PaddingDoesNotChangeAText) {
  auto compressor = make(GetParam());
  const auto text = random_text(5);
  const auto batch = torch::cat(
      {torch::cat({text, random_text(3)}, 1), random_text(8)}, /*dim=*/0);

  EXPECT_TRUE(torch::allclose(
      compressor->forward(batch, {5, 8}, 3)[0],
      compressor->forward(text, {5}, 3)[0],
      1e-4,
      1e-5));
}

TEST_P(EachMethodTest, EveryParameterAndEveryUsedIdGetAGradient) {
  auto compressor = make(GetParam());
  const auto text = random_text(12).requires_grad_();

  compressor->forward(text, {12}, 4).square().sum().backward();

  EXPECT_GT(text.grad().abs().sum().item<float>(), 0);
  for (const auto& item : compressor->named_parameters()) {
    EXPECT_TRUE(item.value().grad().defined()) << item.key();
  }
}

INSTANTIATE_TEST_SUITE_P(
    All,
    EachMethodTest,
    ::testing::Values(
        TextCompressorConfig{.method = Method::kTruncationFirst},
        TextCompressorConfig{.method = Method::kTruncationLast},
        TextCompressorConfig{.method = Method::kMeanPooling},
        TextCompressorConfig{.method = Method::kConvPyramid},
        TextCompressorConfig{.method = Method::kConvPyramid, .raw_last = 2},
        TextCompressorConfig{.method = Method::kLatentQueries, .heads = 2}),
    [](const auto& info) {
      return Json(info.param.method).template get<std::string>() +
          (info.param.raw_last > 0 ? "_hybrid" : "");
    });

} // namespace
} // namespace microfiche::text_compression
