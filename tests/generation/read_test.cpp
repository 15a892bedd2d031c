#include "generation/read.h"

#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::generation {
namespace {

class ReadTest : public ::testing::Test {
 protected:
  ReadTest() : loaded(tests::make_tiny_model()) {
    config.generation.max_new_tokens = 24;
    config.generation.loop_repeats = 0;
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
  ReadConfig config;
};

TEST_F(ReadTest, ABatchGivesEachPageItsOwnText) {
  const auto mode = loaded.find_mode("t9");
  const std::vector<page::PageViews> pages = {
      views("t9", 1), views("t9", 2), views("t9", 3)};

  const auto together = read_pages(loaded, pages, mode, config);

  for (size_t i = 0; i < pages.size(); ++i) {
    const auto alone = read_pages(loaded, {&pages[i], 1}, mode, config);
    EXPECT_EQ(together[i].ids, alone[0].ids);
    EXPECT_EQ(together[i].text, alone[0].text);
  }
}

TEST_F(ReadTest, PagesOfSeveralModesReadTogether) {
  const std::vector<model::VisionTokens> pages = {
      encode("t4", 1), encode("tiles", 2)};

  const auto together = read_vision_tokens(loaded, pages, config);

  for (size_t i = 0; i < pages.size(); ++i) {
    EXPECT_EQ(
        together[i].ids,
        read_vision_tokens(loaded, {&pages[i], 1}, config)[0].ids);
  }
}

TEST_F(ReadTest, AnotherPagesTokensGiveAnotherText) {
  const auto page = encode("t4", 1);
  auto wrong = page;
  wrong.sequence = encode("t4", 2).sequence;

  const auto readings =
      read_vision_tokens(loaded, std::vector{page, wrong}, config);

  EXPECT_NE(readings[0].ids, readings[1].ids);
}

TEST_F(ReadTest, StreamedPiecesAreTheText) {
  std::vector<model::VisionTokens> pages = {
      encode("t4", 1), encode("tiles", 2), encode("t4", 3)};
  std::vector<std::string> streamed(3);
  std::vector<std::string> texts(3);
  int64_t num_started = 0;
  ReadCallbacks callbacks;
  callbacks.next = [&]() -> std::optional<NumberedTokens> {
    if (num_started == 3) {
      return std::nullopt;
    }
    const int64_t page = num_started++;
    return NumberedTokens{page, pages[page]};
  };
  callbacks.on_reading = [&](int64_t page, const Reading& reading) {
    texts[page] = reading.text;
  };
  callbacks.on_text = [&](int64_t page, std::string_view text) {
    streamed[page] += text;
  };

  read_vision_tokens(loaded, callbacks, config, /*max_rows=*/2);

  EXPECT_EQ(streamed, texts);
  const auto alone = read_vision_tokens(loaded, {&pages[2], 1}, config);
  EXPECT_EQ(texts[2], alone[0].text);
}

TEST_F(ReadTest, SampledTextDependsOnThePageNumber) {
  const auto page = encode("t4", 1);
  config.generation.temperature = 1;

  const auto readings =
      read_vision_tokens(loaded, std::vector{page, page}, config);

  EXPECT_NE(readings[0].ids, readings[1].ids);
  EXPECT_EQ(
      readings[1].ids,
      read_vision_tokens(loaded, {&page, 1}, config, /*first_page=*/1)[0].ids);
}

TEST_F(ReadTest, ThePromptChangesTheText) {
  const auto page = encode("t4", 1);
  const auto usual = read_vision_tokens(loaded, {&page, 1}, config);
  config.prompt = "<image>\nFree OCR.";

  const auto other = read_vision_tokens(loaded, {&page, 1}, config);

  EXPECT_NE(usual[0].ids, other[0].ids);
}

TEST_F(ReadTest, RefusesAnotherNumberOfPromptsThanOfPages) {
  const std::vector<model::VisionTokens> pages = {
      encode("t4", 1), encode("t4", 2)};
  const std::string prompts[] = {"<image>"};

  EXPECT_THAT(
      [&] {
        read_vision_tokens(loaded, pages, config, /*first_page=*/0, prompts);
      },
      ::testing::ThrowsMessage<c10::ValueError>(::testing::HasSubstr(
          "expected one prompt per page, got 1 for 2 pages")));
}

TEST_F(ReadTest, EachPageGetsAShareOfTheSeconds) {
  const auto mode = loaded.find_mode("t4");
  const std::vector<page::PageViews> pages = {views("t4", 1), views("t4", 2)};

  const auto readings = read_pages(loaded, pages, mode, config);

  for (const auto& reading : readings) {
    EXPECT_GT(reading.encode_seconds, 0);
    EXPECT_GT(reading.prefill_seconds, 0);
    EXPECT_GT(reading.decode_seconds, 0);
  }
}

} // namespace
} // namespace microfiche::generation
