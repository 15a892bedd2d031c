#include "reading/page_result.h"

#include "core/files.h"
#include "page/image_file.h"
#include "tests/support/folders.h"

#include <gtest/gtest.h>

namespace microfiche::reading {
namespace {

constexpr const char* kText =
    "<|ref|>title<|/ref|><|det|>[[0, 0, 999, 99]]<|/det|>\n# Ink\n"
    "<|ref|>image<|/ref|><|det|>[[0, 500, 999, 999]]<|/det|>\n";

TEST(PageResultTest, WritesMarkdownBoxesAndFigures) {
  const tests::TemporaryFolder folder;
  const auto page = page::make_page(200, 100, {255, 255, 255});

  write_page_result(
      folder.path(), "one", kText, page, 200, 100, {{"file", "one.png"}});

  const auto json = read_json_file(folder.path() / "one.json");
  EXPECT_EQ(json["text"], kText);
  EXPECT_EQ(json["file"], "one.png");
  EXPECT_EQ(json["figures"], (Json{"one-figure-1.png"}));
  EXPECT_EQ(json["blocks"][1]["label"], "image");
  EXPECT_EQ(json["blocks"][1]["boxes"][0]["top"], 50);
  const auto figure = page::read_image(folder.path() / "one-figure-1.png");
  EXPECT_EQ(figure.width, 200);
  EXPECT_EQ(figure.height, 50);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "one-boxes.png"));
  const std::string markdown = read_file(folder.path() / "one.md");
  EXPECT_NE(markdown.find("# Ink"), std::string::npos);
  EXPECT_NE(markdown.find("(one-figure-1.png)"), std::string::npos);
  EXPECT_EQ(markdown.find("<|"), std::string::npos);
}

TEST(PageResultTest, WritesNoPicturesOfSavedVisionTokens) {
  const tests::TemporaryFolder folder;

  write_page_result(folder.path(), "one", kText, {}, 200, 100, Json::object());

  const auto json = read_json_file(folder.path() / "one.json");
  EXPECT_EQ(json["blocks"][1]["boxes"][0]["bottom"], 100);
  EXPECT_TRUE(json["figures"].empty());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "one-boxes.png"));
}

} // namespace
} // namespace microfiche::reading
