#include "text_compression/text_sequences.h"

#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace microfiche::text_compression {
namespace {

class TextSequencesTest : public ::testing::Test {
 protected:
  std::vector<torch::Tensor> sequences(
      Method method,
      const std::vector<std::vector<int64_t>>& texts) {
    TextCompressor compressor(
        TextCompressorOptions(/*width=*/32, {.method = method}));
    const torch::NoGradGuard no_grad;
    return text_sequences(loaded.model, compressor, texts, /*vision_tokens=*/4);
  }

  torch::Tensor embedded(const std::vector<int64_t>& ids) {
    const torch::NoGradGuard no_grad;
    return loaded.model->decoder->embed(torch::tensor(ids).unsqueeze(0))[0];
  }

  model::LoadedModel loaded = tests::make_tiny_model();
};

TEST_F(TextSequencesTest, VectorsHaveThePositionsOfVisionTokens) {
  const auto sequence =
      sequences(Method::kTruncationFirst, {{7, 8, 9, 10, 11}}).front();

  const auto ids = embedded({7, 8, 9, 10});
  const auto newline = loaded.model->image_newline.unsqueeze(0);
  EXPECT_TRUE(torch::equal(
      sequence,
      torch::cat(
          {ids.narrow(0, 0, 2),
           newline,
           ids.narrow(0, 2, 2),
           newline,
           loaded.model->view_separator.unsqueeze(0)})));
}

TEST_F(TextSequencesTest, TheWholeTextHasAPositionForEachId) {
  const auto whole = sequences(Method::kWholeText, {{7, 8, 9, 10, 11}, {7, 8}});

  EXPECT_TRUE(torch::equal(whole[0], embedded({7, 8, 9, 10, 11})));
  EXPECT_TRUE(torch::equal(whole[1], embedded({7, 8})));
}

TEST_F(TextSequencesTest, NoTextHasNoPosition) {
  EXPECT_EQ(
      sequences(Method::kNoText, {{7, 8}}).front().sizes(),
      (std::vector<int64_t>{0, 32}));
}

TEST_F(TextSequencesTest, ATextHasTheCountsOfThePageItReplaces) {
  TextCompressor compressor(
      TextCompressorOptions(/*width=*/32, {.method = Method::kMeanPooling}));
  const std::vector<std::string> texts = {"a text in bytes"};

  const auto page =
      encode_texts(loaded, compressor, texts, loaded.find_mode("t9")).front();

  EXPECT_EQ(page.counts.nominal, 9);
  EXPECT_EQ(page.counts.positions, 13);
  EXPECT_EQ(page.sequence.size(0), 13);
  EXPECT_EQ(page.mode, "t9");
}

TEST_F(TextSequencesTest, RefusesATextWithoutIds) {
  EXPECT_THROW(sequences(Method::kMeanPooling, {{}}), c10::Error);
}

} // namespace
} // namespace microfiche::text_compression
