#include "core/json.h"
#include "page/image_file.h"
#include "tests/apps/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

// The command render.

namespace microfiche {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using tests::Outcome;

class RenderCommandTest : public ::testing::Test {
 protected:
  RenderCommandTest() {
    write("book.txt", "\xEF\xBB\xBFone two three\n\nfour \xC3\xA9");
    write(
        "style.json",
        R"({"page_width_px": 128, "page_height_px": 40, "margin_top_px": 4,
            "margin_right_px": 4, "margin_bottom_px": 4, "margin_left_px": 4,
            "font_size_px": 16})");
  }

  void write(const std::string& name, const std::string& bytes) const {
    write_file(folder.path() / name, bytes);
  }

  Outcome run(const std::string& arguments) const {
    return tests::run_program(folder.path(), "render " + arguments);
  }

  Json pages() const {
    return read_json_file(folder.path() / "pages/pages.json");
  }

  bool exists(const std::string& name) const {
    return std::filesystem::exists(folder.path() / name);
  }

  tests::TemporaryFolder folder;
};

TEST_F(RenderCommandTest, WritesAnImagePerPageAndAList) {
  const auto outcome = run("book.txt -o pages --style style.json --quiet");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto list = pages();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["file"], "page-0001.png");
  EXPECT_EQ(list[0]["text"], "one two three");
  EXPECT_EQ(list[0]["characters"], 13);
  EXPECT_EQ(list[1]["text"], "four \xC3\xA9");
  EXPECT_EQ(list[1]["characters"], 6);
  EXPECT_TRUE(list[1].contains("text_tokens"));
  const auto image =
      page::read_image(folder.path() / "pages" / "page-0002.png");
  EXPECT_EQ(image.width, 128);
  EXPECT_EQ(image.height, 40);
}

TEST_F(RenderCommandTest, RecordsStyleTextsAndLibraries) {
  run("book.txt -o pages --style style.json --quiet");

  const auto run_record = read_json_file(folder.path() / "pages/render.json");
  EXPECT_EQ(run_record["style"]["font_size_px"], 16.0);
  EXPECT_EQ(run_record["texts"][0]["file"], "book.txt");
  EXPECT_TRUE(run_record["rendering"].contains("pango"));
}

TEST_F(RenderCommandTest, TheSameCommandResumes) {
  run("book.txt -o pages --style style.json --quiet");
  const auto first = read_file(folder.path() / "pages/page-0001.png");
  const auto made = last_write_time(folder.path() / "pages/page-0001.png");
  std::filesystem::remove(folder.path() / "pages/page-0002.png");
  std::filesystem::remove(folder.path() / "pages/pages.json");

  const auto outcome = run("book.txt -o pages --style style.json --quiet");

  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(pages().size(), 2u);
  EXPECT_TRUE(exists("pages/page-0002.png"));
  EXPECT_EQ(read_file(folder.path() / "pages/page-0001.png"), first);
  EXPECT_EQ(last_write_time(folder.path() / "pages/page-0001.png"), made);
}

TEST_F(RenderCommandTest, APageThatChangedIsWrittenAgain) {
  run("book.txt -o pages --style style.json --quiet");
  const auto first = read_file(folder.path() / "pages/page-0001.png");
  write("pages/page-0001.png", "no picture");

  const auto outcome = run("book.txt -o pages --style style.json --quiet");

  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(read_file(folder.path() / "pages/page-0001.png"), first);
}

TEST_F(RenderCommandTest, APageOfSomebodyElseIsRefused) {
  std::filesystem::create_directory(folder.path() / "scans");
  write("scans/page-0001.png", "a scan");

  const auto outcome = run("book.txt -o scans --style style.json --quiet");

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(
      outcome.err, HasSubstr("page-0001.png that `render` did not write"));
  EXPECT_EQ(read_file(folder.path() / "scans/page-0001.png"), "a scan");
}

TEST_F(RenderCommandTest, AnotherStyleLeavesNoPageOfTheOldOne) {
  run("book.txt -o pages --style style.json --quiet");

  run("book.txt -o pages --style style.json --set page_height_px=200 --quiet");

  EXPECT_EQ(pages().size(), 1u);
  EXPECT_FALSE(exists("pages/page-0002.png"));
}

TEST_F(RenderCommandTest, WithoutAStyleThePagesAreLikeTheModelsTraining) {
  write(
      "notes.txt", "In the beginning was the Word, and the Word was with God");

  const auto outcome = run("notes.txt -o pages --quiet");
  const auto read = tests::run_program(
      folder.path(), "read pages/page-0001.png --mode nano-9 --quiet");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, Not(HasSubstr("trained")));
  EXPECT_EQ(page::read_image(folder.path() / "pages/page-0001.png").width, 192);
  EXPECT_THAT(read.out, HasSubstr("beginning"));
}

TEST_F(RenderCommandTest, WarnsOnceAboutPagesUnlikeTheModelsTraining) {
  write("notes.txt", "one two\n\nthree four\n\nfive six");

  const auto outcome = run("notes.txt -o pages --style style.json --quiet");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto first = outcome.err.find("the font is DejaVu Sans;");
  ASSERT_NE(first, std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find("the font is", first + 1), std::string::npos);
}

TEST_F(RenderCommandTest, ACharacterThatTheFontLacksIsBadInput) {
  write("chinese.txt", "\xE4\xB8\x96");

  const auto outcome = run("book.txt chinese.txt -o pages");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("chinese.txt: no glyph for U+4E16"));
  EXPECT_FALSE(exists("pages"));
}

TEST_F(RenderCommandTest, EmptyTextIsBadInput) {
  write("empty.txt", "");

  const auto outcome = run("empty.txt -o pages");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("empty.txt: the text is empty"));
}

TEST_F(RenderCommandTest, AMistypedFieldOfTheStyleIsBadInput) {
  const auto outcome = run("book.txt -o pages --set font_sise_px=9");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean \"font_size_px\""));
}

TEST_F(RenderCommandTest, AFontThatIsNotInstalledIsBadInput) {
  const auto outcome = run("book.txt -o pages --set font=Garamond");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("neither a file nor an installed family"));
}

TEST_F(RenderCommandTest, AMissingOutputFolderIsAUsageError) {
  EXPECT_EQ(run("book.txt").exit_code, 2);
}

} // namespace
} // namespace microfiche
