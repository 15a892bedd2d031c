#include "data/conversation_dataset.h"

#include "core/error.h"
#include "core/files.h"
#include "page/image_file.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace microfiche::data {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string row_with_page(const std::string& image, const std::string& answer) {
  return concat(
      R"({"messages": [{"role": "user", "content": "<image>\nRead )",
      answer,
      R"("}, {"role": "assistant", "content": ")",
      answer,
      R"("}], "images": [")",
      image,
      "\"]}\n");
}

std::string row_of_text(const std::string& answer) {
  return concat(
      R"({"messages": [{"role": "user", "content": "Say )",
      answer,
      R"("}, {"role": "assistant", "content": ")",
      answer,
      "\"}]}\n");
}

class ConversationDatasetTest : public ::testing::Test {
 protected:
  ConversationDatasetTest() {
    page::write_png(
        folder.path() / "red.png", page::make_page(64, 64, {255, 0, 0}));
    page::write_png(
        folder.path() / "blue.png", page::make_page(64, 64, {0, 0, 255}));
    write_file(
        folder.path() / "rows.jsonl",
        row_with_page("red.png", "red") + row_of_text("old") +
            row_with_page("blue.png", "sky"));
    write_file(folder.path() / "more.jsonl", row_of_text("new"));
  }

  ConversationDataset make(
      const std::map<std::string, double>& files = {{"rows.jsonl", 1.0}},
      const BatchConfig& batch = {
          .characters = 24,
          .length_spread = 100}) const {
    ConversationMixConfig mix;
    for (const auto& [name, weight] : files) {
      mix.files[(folder.path() / name).string()] = weight;
    }
    mix.modes = {{"one", 1.0}};
    return ConversationDataset(
        mix,
        batch,
        {{{.name = "one", .base_size_px = 64}},
         tokenizer::Tokenizer::load(tests::byte_tokenizer()),
         /*end_id=*/1},
        /*seed=*/5);
  }

  tests::TemporaryFolder folder;
};

TEST_F(ConversationDatasetTest, EveryPageLiesInTheRowOfItsPrompt) {
  const auto dataset = make();

  bool mixed = false;
  for (int64_t index = 0; index < 8; ++index) {
    const auto batch = dataset.batch(index);
    ASSERT_EQ(batch.rows(), 8);
    ASSERT_EQ(batch.prompts.size(), 8);
    ASSERT_EQ(batch.page_rows.size(), batch.pages);
    mixed = mixed || (batch.pages > 0 && batch.pages < batch.rows());
    std::set<int64_t> rows_of_text = {0, 1, 2, 3, 4, 5, 6, 7};
    for (int64_t page = 0; page < batch.pages; ++page) {
      const auto* pixels = &batch.pixels[page * 3 * 64 * 64];
      const int64_t row = batch.page_rows[page];
      const bool is_red = pixels[0] == 255;
      EXPECT_EQ(pixels[2 * 64 * 64], is_red ? 0 : 255);
      EXPECT_EQ(batch.texts[row], is_red ? "red" : "sky");
      EXPECT_THAT(batch.prompts[row], HasSubstr("<image>"));
      rows_of_text.erase(row);
    }
    for (const int64_t row : rows_of_text) {
      EXPECT_EQ(batch.texts[row], "old");
    }
  }
  EXPECT_TRUE(mixed);
}

TEST_F(ConversationDatasetTest, GivesTheSameBatchWhoeverAsks) {
  const auto first = make().batch(3);
  const auto other = make();
  other.batch(0);
  const auto second = other.batch(3);

  EXPECT_EQ(first.texts, second.texts);
  EXPECT_EQ(first.pixels, second.pixels);
}

TEST_F(ConversationDatasetTest, DrawsFilesByTheirWeights) {
  const auto dataset = make({{"rows.jsonl", 1.0}, {"more.jsonl", 3.0}});

  int64_t from_more = 0;
  RandomStream random(1, "test");
  for (int64_t i = 0; i < 2000; ++i) {
    from_more += dataset.draw(random).answer == "new" ? 1 : 0;
  }

  // Four standard deviations around 1,500.
  EXPECT_NEAR(from_more, 1500, 80);
}

TEST_F(ConversationDatasetTest, HoldsNoMorePagesThanTheEncoderMayHave) {
  const auto dataset = make(
      {{"rows.jsonl", 1.0}},
      {.characters = 300, .vision_tokens = 3, .length_spread = 100});

  EXPECT_EQ(dataset.batch(0).rows(), 3);
}

/// The share of a few batches' answers that is padding.
double padding(const ConversationDataset& dataset) {
  double places = 0;
  double padding = 0;
  for (int64_t index = 0; index < 50; ++index) {
    const auto batch = dataset.batch(index);
    places += static_cast<double>(batch.answers.size());
    padding += static_cast<double>(std::count(
        batch.answers.begin(), batch.answers.end(), PageBatch::kPadding));
  }
  return padding / places;
}

TEST_F(ConversationDatasetTest, LongAndShortRowsNeedLittlePadding) {
  std::string rows;
  RandomStream random(3, "lengths");
  for (int64_t i = 0; i < 300; ++i) {
    // From 20 to 2,000 characters, evenly in the logarithm.
    const auto length = std::lround(20 * std::pow(100, random.uniform(0, 1)));
    rows += row_of_text(std::string(length, 'a'));
  }
  write_file(folder.path() / "lengths.jsonl", rows);

  const double mixed =
      padding(make({{"lengths.jsonl", 1}}, {.length_spread = 1e6}));
  const double bucketed = padding(make({{"lengths.jsonl", 1}}, {}));

  EXPECT_GT(mixed, 0.5);
  EXPECT_LT(bucketed, 0.15);
  RecordProperty("padding_mixed", std::to_string(mixed));
  RecordProperty("padding_bucketed", std::to_string(bucketed));
}

TEST_F(ConversationDatasetTest, NamesTheRowOfAnImageThatCannotBeRead) {
  write_file(folder.path() / "red.png", "no image");
  write_file(folder.path() / "rows.jsonl", row_with_page("red.png", "red"));
  const auto dataset = make();

  EXPECT_THAT(
      [&] { dataset.batch(0); },
      ThrowsMessage<InputError>(HasSubstr("rows.jsonl:1")));
}

} // namespace
} // namespace microfiche::data
