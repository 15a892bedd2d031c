#include "generation/read.h"

#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>
#include <vector>

namespace microfiche::generation {
namespace {

class ReadTest : public ::testing::Test {
 protected:
  ReadTest() : loaded(tests::make_tiny_model()) {
    options.generation.max_new_tokens = 24;
    options.generation.loop_repeats = 0;
  }

  page::PageViews views(const std::string& mode, uint64_t seed) const {
    return page::make_views(
        tests::noise_page(90, 120, seed), loaded.find_mode(mode));
  }

  model::VisionTokens encode(const std::string& mode, uint64_t seed) {
    const page::PageViews pages[] = {views(mode, seed)};
    const torch::InferenceMode inference;
    return loaded.model->encode(pages, loaded.find_mode(mode)).front();
  }

  model::LoadedModel loaded;
  ReadOptions options;
};

TEST_F(ReadTest, ABatchOfPagesReadsAsEachPageAlone) {
  const auto mode = loaded.find_mode("t9");
  const std::vector<page::PageViews> pages = {
      views("t9", 1), views("t9", 2), views("t9", 3)};

  const auto together = read_pages(loaded, pages, mode, options);

  for (size_t i = 0; i < pages.size(); ++i) {
    const auto alone = read_pages(loaded, {&pages[i], 1}, mode, options);
    EXPECT_EQ(together[i].ids, alone[0].ids);
    EXPECT_EQ(together[i].text, alone[0].text);
  }
}

TEST_F(ReadTest, PagesOfSeveralModesReadTogether) {
  const std::vector<model::VisionTokens> pages = {
      encode("t4", 1), encode("tiles", 2)};

  const auto together = read_vision_tokens(loaded, pages, options);

  for (size_t i = 0; i < pages.size(); ++i) {
    EXPECT_EQ(
        together[i].ids,
        read_vision_tokens(loaded, {&pages[i], 1}, options)[0].ids);
  }
}

TEST_F(ReadTest, AnotherPagesTokensGiveAnotherText) {
  const auto page = encode("t4", 1);
  auto wrong = page;
  wrong.sequence = encode("t4", 2).sequence;

  const auto readings =
      read_vision_tokens(loaded, std::vector{page, wrong}, options);

  EXPECT_NE(readings[0].ids, readings[1].ids);
}

TEST_F(ReadTest, StreamedPiecesAreTheText) {
  const std::vector<model::VisionTokens> pages = {
      encode("t4", 1), encode("t4", 2)};
  std::vector<std::string> streamed(2);
  options.on_text = [&](int64_t row, std::string_view text) {
    streamed[row] += text;
  };

  const auto readings = read_vision_tokens(loaded, pages, options);

  EXPECT_EQ(streamed[0], readings[0].text);
  EXPECT_EQ(streamed[1], readings[1].text);
}

TEST_F(ReadTest, ThePromptChangesTheText) {
  const auto page = encode("t4", 1);
  const auto usual = read_vision_tokens(loaded, {&page, 1}, options);
  options.prompt = "<image>\nFree OCR.";

  const auto other = read_vision_tokens(loaded, {&page, 1}, options);

  EXPECT_NE(usual[0].ids, other[0].ids);
}

TEST_F(ReadTest, PageSecondsAddUpToTheBatch) {
  const auto mode = loaded.find_mode("t4");
  const std::vector<page::PageViews> pages = {views("t4", 1), views("t4", 2)};

  const auto readings = read_pages(loaded, pages, mode, options);

  for (const auto& reading : readings) {
    EXPECT_GT(reading.encode_seconds, 0);
    EXPECT_GT(reading.prefill_seconds, 0);
    EXPECT_GT(reading.decode_seconds, 0);
  }
}

} // namespace
} // namespace microfiche::generation
