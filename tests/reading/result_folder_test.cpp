#include "reading/result_folder.h"

#include "core/error.h"
#include "core/files.h"
#include "reading/page_result.h"
#include "tests/reading/tiff.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::reading {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

const Json kSettings = {{"mode", "tiny"}};

class ResultFolderTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& bytes) const {
    write_file(folder.path() / name, bytes);
  }

  InputPage page(const std::string& name, const std::string& bytes) const {
    write(name, bytes);
    InputPage page;
    page.file.path = folder.path() / name;
    return page;
  }

  /// Writes the result of a page, as `PageReader` does.
  void finish(const InputPage& page, const std::string& name) const {
    write_page_result(
        out(),
        {name, "Ink", {}, 8, 8, {}},
        {{"file", page.file.path.string()},
         {"page", page.number > 0 ? Json(page.number) : Json(nullptr)},
         {"sha256", page.content_hash()},
         {"settings", kSettings}},
        name);
  }

  ResultFolder open(const std::vector<InputPage>& pages = {}) const {
    std::vector<InputFile> files;
    for (const auto& page : pages) {
      files.push_back(page.file);
    }
    return ResultFolder(out(), files);
  }

  std::filesystem::path out() const {
    return folder.path() / "out";
  }

  tests::TemporaryFolder folder;
};

TEST_F(ResultFolderTest, TwoInputsOfOneNameGetTwoResults) {
  const auto image = page("paper-0001.png", "image");
  auto document = page("paper.pdf", "document");
  document.number = 1;
  auto results = open();

  EXPECT_EQ(results.choose_name(image), "paper-0001");
  EXPECT_EQ(results.choose_name(document), "paper-0001-2");
}

TEST_F(ResultFolderTest, ALaterInputOfTheSameNameGetsItsOwnResult) {
  const auto first = page("a/scan.png", "first");
  const auto second = page("b/scan.png", "second");
  finish(first, open().choose_name(first));

  EXPECT_EQ(open().choose_name(second), "scan-2");
  EXPECT_EQ(open().choose_name(first), "scan");
}

TEST_F(ResultFolderTest, AFinishedPageIsDoneUntilItsFileChanges) {
  const auto scan = page("scan.png", "before");
  finish(scan, "scan");

  EXPECT_TRUE(open().is_done(scan, "scan", kSettings));
  EXPECT_FALSE(open().is_done(scan, "scan", {{"mode", "base"}}));
  page("scan.png", "after");
  EXPECT_FALSE(open().is_done(scan, "scan", kSettings));
  EXPECT_EQ(open().choose_name(scan), "scan");
}

TEST_F(ResultFolderTest, AResultWithAMissingFileIsNotDone) {
  const auto scan = page("scan.png", "scan");
  finish(scan, "scan");
  std::filesystem::remove(out() / "scan.md");

  EXPECT_FALSE(open().is_done(scan, "scan", kSettings));
}

TEST_F(ResultFolderTest, FilesOfTheUserAreNeverResults) {
  const auto scan = page("scan.png", "scan");
  for (const char* file : {"scan.md", "scan.json", "scan-boxes.png"}) {
    std::filesystem::remove_all(out());
    write(std::string("out/") + file, "{\"mine\": true}");

    EXPECT_EQ(open().choose_name(scan), "scan-2") << file;
    EXPECT_TRUE(find_results(out()).empty()) << file;
  }
}

TEST_F(ResultFolderTest, AResultThatIsAnInputIsNotOverwritten) {
  const auto scan = page("scan.png", "scan");
  finish(scan, "scan");
  InputPage markdown;
  markdown.file.path = out() / "scan.md";

  EXPECT_EQ(open({scan, markdown}).choose_name(scan), "scan-2");
}

TEST_F(ResultFolderTest, AListCannotNameForeignFiles) {
  Json json = {{"files", {"scan.md", "../scan.md", "other.png", 7}}};

  EXPECT_THAT(
      listed_files(json, "scan"), UnorderedElementsAre("scan.md", "scan.json"));
}

TEST_F(ResultFolderTest, KnowsTheFilesOfEarlierVersions) {
  write("out/scan.md", "Ink");
  write("out/scan-boxes.png", "boxes");
  write(
      "out/scan.json",
      R"({"file": "scan.png", "text": "", "blocks": [], "settings": {},
          "figures": ["scan-figure-1.png"]})");

  EXPECT_THAT(
      find_results(out()),
      UnorderedElementsAre(
          "scan.json", "scan.md", "scan-boxes.png", "scan-figure-1.png"));
}

TEST_F(ResultFolderTest, RefusesANameThatLeavesNoRoomForItsResults) {
  const auto at_limit = page(std::string(219, 'a') + ".png", "a");
  const auto too_long = page(std::string(236, 'b') + ".png", "b");
  auto results = open();

  EXPECT_EQ(results.choose_name(at_limit).size(), 219u);
  EXPECT_THAT(
      [&] { results.choose_name(too_long); },
      ThrowsMessage<InputError>(HasSubstr("rename it to at most 223 bytes")));
}

TEST_F(ResultFolderTest, RemovesAllFilesOfAResult) {
  const auto scan = page("scan.png", "scan");
  finish(scan, "scan");
  write("out/scan-boxes.png", "the user's");

  open().remove("scan");

  EXPECT_FALSE(std::filesystem::exists(out() / "scan.md"));
  EXPECT_FALSE(std::filesystem::exists(out() / "scan.json"));
  EXPECT_TRUE(std::filesystem::exists(out() / "scan-boxes.png"));
}

} // namespace
} // namespace microfiche::reading
