#include "reading/page_result.h"

#include "core/files.h"
#include "page/image_file.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::reading {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr const char* kText =
    "<|ref|>title<|/ref|><|det|>[[0, 0, 999, 99]]<|/det|>\n# Ink\n"
    "<|ref|>image<|/ref|><|det|>[[0, 500, 999, 999]]<|/det|>\n";

class PageResultTest : public ::testing::Test {
 protected:
  void write(const page::PageImage& image, int64_t width, int64_t height) {
    ::testing::internal::CaptureStderr();
    write_page_result(
        folder.path(),
        {"one", kText, image, width, height, {"the page is faint"}},
        {{"file", "one.png"}},
        "one.png");
    warnings = ::testing::internal::GetCapturedStderr();
    json = read_json_file(folder.path() / "one.json");
  }

  bool exists(const std::string& name) const {
    return std::filesystem::exists(folder.path() / name);
  }

  tests::TemporaryFolder folder;
  std::string warnings;
  Json json;
};

TEST_F(PageResultTest, WritesMarkdownBoxesAndFigures) {
  write(page::make_page(200, 100, {255, 255, 255}), 200, 100);

  EXPECT_EQ(json["text"], kText);
  EXPECT_EQ(json["file"], "one.png");
  EXPECT_EQ(json["figures"], (Json{"one-figure-1.png"}));
  EXPECT_EQ(json["blocks"][1]["label"], "image");
  EXPECT_EQ(json["blocks"][1]["boxes"][0]["top"], 50);
  EXPECT_EQ(json["warnings"], (Json{"the page is faint"}));
  EXPECT_THAT(
      json["files"].get<std::vector<std::string>>(),
      UnorderedElementsAre(
          "one.md", "one.json", "one-figure-1.png", "one-boxes.png"));
  EXPECT_THAT(warnings, HasSubstr("one.png: the page is faint"));
  const auto figure = page::read_image(folder.path() / "one-figure-1.png");
  EXPECT_EQ(figure.width, 200);
  EXPECT_EQ(figure.height, 50);
  EXPECT_TRUE(exists("one-boxes.png"));
  const std::string markdown = read_file(folder.path() / "one.md");
  EXPECT_THAT(markdown, HasSubstr("# Ink"));
  EXPECT_THAT(markdown, HasSubstr("(one-figure-1.png)"));
  EXPECT_THAT(markdown, Not(HasSubstr("<|")));
}

TEST_F(PageResultTest, WritesNoPicturesOfSavedVisionTokens) {
  write({}, 200, 100);

  EXPECT_EQ(json["blocks"][1]["boxes"][0]["bottom"], 100);
  EXPECT_TRUE(json["figures"].empty());
  EXPECT_FALSE(exists("one-boxes.png"));
}

TEST_F(PageResultTest, KeepsTheTextOfAPageThatIsTooTallToDrawOn) {
  const auto tall =
      page::read_image(tests::data_path("cases/tall_400x33000.png"));

  write(tall, tall.width, tall.height);

  EXPECT_EQ(json["text"], kText);
  EXPECT_TRUE(exists("one.md"));
  EXPECT_FALSE(exists("one-boxes.png"));
  EXPECT_THAT(warnings, HasSubstr("one.png: no image of the boxes"));
  EXPECT_THAT(
      json["warnings"][1].get<std::string>(),
      HasSubstr("no image of the boxes was written"));
}

TEST_F(PageResultTest, KeepsTheTextOfAPageThatIsTooWideToDrawOn) {
  write(page::make_page(40000, 8, {255, 255, 255}), 40000, 8);

  EXPECT_TRUE(exists("one.md"));
  EXPECT_FALSE(exists("one-boxes.png"));
  EXPECT_THAT(warnings, HasSubstr("no image of the boxes"));
}

} // namespace
} // namespace microfiche::reading
