#include "reading/input_file.h"

#include "core/error.h"
#include "core/files.h"
#include "page/image_file.h"
#include "reading/page_folder.h"
#include "tests/reading/tiff.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::reading {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::ThrowsMessage;

class InputFileTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& bytes) const {
    write_file(folder.path() / name, bytes);
  }

  FileKind kind(const std::string& name, const std::string& bytes) const {
    write(name, bytes);
    return list_files({(folder.path() / name).string()}).front().kind;
  }

  /// Names of the files that a folder stands for.
  std::vector<std::string> list() {
    ::testing::internal::CaptureStderr();
    std::vector<std::string> names;
    for (const auto& file : list_files({folder.path().string()})) {
      names.push_back(file.path.filename().string());
    }
    warnings = ::testing::internal::GetCapturedStderr();
    return names;
  }

  const std::string png =
      page::encode_png(page::make_page(8, 8, page::Colour{}));
  const std::string jpeg =
      page::encode_jpeg(page::make_page(8, 8, page::Colour{}), 90);
  std::string warnings;
  tests::TemporaryFolder folder;
};

TEST_F(InputFileTest, TheContentDecidesTheKind) {
  EXPECT_EQ(kind("scan", png), FileKind::kImage);
  EXPECT_EQ(kind("scan.dat", jpeg), FileKind::kImage);
  EXPECT_EQ(kind("notes.txt", "Ink"), FileKind::kText);
  EXPECT_EQ(kind("notes", "\xC3\xA9t\xC3\xA9"), FileKind::kText);
  EXPECT_EQ(kind("paper.txt", "%PDF-1.4"), FileKind::kPdf);
  EXPECT_EQ(kind("a.safetensors", "broken"), FileKind::kVisionTokens);
  EXPECT_EQ(kind("image.png", "This is no image."), FileKind::kImage);
  EXPECT_EQ(
      kind("image.gif", std::string("GIF89a\1\0", 8)), FileKind::kUnknown);
  EXPECT_EQ(kind("empty.txt", ""), FileKind::kUnknown);
}

TEST_F(InputFileTest, OnlyATiffCanHaveSeveralPages) {
  write("a.png", png);
  write("b.tif", tests::write_tiff({0, 255}));

  const auto files = list_files({folder.path().string()});

  EXPECT_FALSE(files[0].is_tiff);
  EXPECT_TRUE(files[1].is_tiff);
}

TEST_F(InputFileTest, AFolderGivesImagesWhateverTheirNameIsInOrder) {
  write("c.jfif", jpeg);
  write("b", png);
  write("a.PNG", png);

  EXPECT_THAT(list(), ElementsAre("a.PNG", "b", "c.jfif"));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(InputFileTest, WhatIsNotReadFromAFolderIsNamedAndCounted) {
  write("page.png", png);
  write("anim.gif", std::string("GIF89a\1\0", 8));
  write("old.bmp", std::string("BM\0\0\0\0", 6));
  write(
      "new.avif",
      std::string(
          "\0\0\0\x20"
          "ftypavif",
          12));
  write("wave.jp2", std::string("\0\0\0\x0CjP  ", 8));
  write("notes.txt", "Ink");
  std::filesystem::create_directory(folder.path() / "more");

  EXPECT_THAT(list(), ElementsAre("page.png"));
  EXPECT_THAT(
      warnings,
      AllOf(
          HasSubstr("1 subfolder not read (more)"),
          HasSubstr("1 text file not read (notes.txt)"),
          HasSubstr("4 files of a format that cannot be read"),
          HasSubstr("(anim.gif, new.avif, old.bmp, wave.jp2)")));
}

TEST_F(InputFileTest, AFolderOfRenderIsListedWithoutAWarning) {
  write_page_folder(
      folder.path(), rendering::PageStyle(), {{"notes.txt", "Ink"}});

  EXPECT_THAT(list(), ElementsAre("page-0001.png"));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(InputFileTest, RefusesAFolderWithoutPages) {
  write("notes.txt", "Ink");

  EXPECT_THAT([&] { list(); }, ThrowsMessage<InputError>(HasSubstr("without")));
  ::testing::internal::GetCapturedStderr();
}

TEST_F(InputFileTest, ResultsAreNoInputs) {
  write("page.png", png);
  write("page-boxes.png", png);
  write("page-figure-1.png", png);
  write("page.md", "Ink");
  write(
      "page.json",
      R"({"file": "page.png", "text": "", "blocks": [], "settings": {},
          "figures": ["page-figure-1.png"],
          "files": ["page.md", "page.json", "page-figure-1.png"]})");

  // The result does not list page-boxes.png, so that file is the user's.
  EXPECT_THAT(list(), ElementsAre("page-boxes.png", "page.png"));
  EXPECT_THAT(
      warnings, HasSubstr("3 files not read, because `read` wrote them"));
  EXPECT_THAT(warnings, Not(HasSubstr("not read (page.md")));
}

} // namespace
} // namespace microfiche::reading
