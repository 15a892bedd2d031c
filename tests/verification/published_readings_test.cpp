#include "verification/published_readings.h"

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "page/image_file.h"
#include "tests/support/folders.h"
#include "tests/support/tiny_model.h"
#include "tests/verification/fox_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace microfiche::verification {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class PublishedReadingsTest : public ::testing::Test {
 protected:
  PublishedReadingsTest() {
    tests::write_fox_clone(clone());
  }

  std::filesystem::path clone() const {
    return folder.path() / "clone";
  }

  tests::TemporaryFolder folder;
};

TEST_F(PublishedReadingsTest, ACloneHasPagesAndReadings) {
  const auto fox = open_fox(clone(), "", 2);

  EXPECT_EQ(fox.images, clone() / "data/en_png");
  ASSERT_EQ(fox.readings.size(), 2u);
  EXPECT_EQ(fox.readings[0].mode, "tiny");
  EXPECT_EQ(fox.readings[1].mode, "small");
  EXPECT_EQ(fox.readings[0].pages[1].image, "en_2.png");
  EXPECT_EQ(fox.readings[0].pages[1].text_tokens, 1250);
  EXPECT_EQ(fox.readings[0].pages[1].reference, "two lines\nof text");
  EXPECT_EQ(fox.readings[0].pages[1].prediction, "two lines of tiny");
  EXPECT_EQ(fox.readings[1].pages[1].prediction, "two lines of small");
}

TEST_F(PublishedReadingsTest, FoxsOwnFolderNeedsTheClone) {
  const auto own = folder.path() / "fox";
  tests::write_fox_images(own / "en_pdf_png");

  EXPECT_EQ(open_fox(own, clone(), 2).images, own / "en_pdf_png");
  EXPECT_THAT(
      [&] { open_fox(own, "", 2); },
      ThrowsMessage<UsageError>(HasSubstr("name it with --readings")));
}

TEST_F(PublishedReadingsTest, AFolderWithoutPagesIsRefused) {
  EXPECT_THAT(
      [&] { open_fox(folder.path(), clone(), 2); },
      ThrowsMessage<InputError>(HasSubstr("expected en_pdf_png")));
}

TEST_F(PublishedReadingsTest, AnotherNumberOfPagesIsRefused) {
  EXPECT_THAT(
      [&] { open_fox(clone(), "", 112); },
      ThrowsMessage<InputError>(HasSubstr("112 pages, got 2 entries")));
}

TEST_F(PublishedReadingsTest, AMissingImageIsNamed) {
  std::filesystem::remove(clone() / "data/en_png/en_2.png");

  EXPECT_THAT(
      [&] { open_fox(clone(), "", 2); },
      ThrowsMessage<InputError>(HasSubstr("en_2.png: no such image")));
}

TEST_F(PublishedReadingsTest, AMalformedEntryIsNamed) {
  const auto file = clone() / "results/ocr/en_png_small.json";
  const auto refuse = [&](const char* field, const Json& value) {
    auto json = read_json_file(file);
    const Json before = json;
    json[1][field] = value;
    write_json_file(file, json);
    EXPECT_THAT(
        [&] { open_fox(clone(), "", 2); },
        ThrowsMessage<InputError>(HasSubstr("en")))
        << field;
    write_json_file(file, before);
  };

  refuse("ocr_text", nullptr);
  refuse("token_count", 1.5);
  refuse("image", "../en_2.png");
  refuse("image", "..");
  refuse("image", "en_3.png");
  EXPECT_NO_THROW(open_fox(clone(), "", 2));
}

} // namespace
} // namespace microfiche::verification
