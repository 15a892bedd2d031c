#include "reading/input_page.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "tests/reading/tiff.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::reading {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

PageListConfig small_pages(const std::string& range = "") {
  PageListConfig config;
  config.range = range;
  config.text.style.page_width_px = 128;
  config.text.style.page_height_px = 40;
  config.text.style.margin_top_px = 4;
  config.text.style.margin_bottom_px = 4;
  config.text.style.margin_left_px = 4;
  config.text.style.margin_right_px = 4;
  config.text.style.font_size_px = 16;
  return config;
}

class InputPageTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& bytes) const {
    write_file(folder.path() / name, bytes);
    return (folder.path() / name).string();
  }

  tests::TemporaryFolder folder;
};

std::vector<std::string> stems(const PageList& list) {
  std::vector<std::string> stems;
  for (const auto& page : list.pages) {
    stems.push_back(page.stem());
  }
  return stems;
}

TEST_F(InputPageTest, AGitLfsPointerIsNotReadAsAText) {
  const auto pointer = write(
      "paper.pdf",
      "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");

  EXPECT_THAT(
      list_pages(list_files({pointer}), small_pages()).failures,
      ElementsAre(HasSubstr("paper.pdf: is a Git LFS pointer")));
}

TEST_F(InputPageTest, ListsEveryPageOfATiff) {
  const auto list = list_pages(
      list_files({tests::data_path("cases/multi.tif").string()}),
      small_pages());

  EXPECT_THAT(
      stems(list), ElementsAre("multi-0001", "multi-0002", "multi-0003"));
  EXPECT_NE(list.pages[0].load().image, list.pages[2].load().image);
}

TEST_F(InputPageTest, LoadsThePageOfATiffThatItNames) {
  const auto file = write("scan.dat", tests::write_tiff({10, 130, 250}));

  const auto list = list_pages(list_files({file}), small_pages("2-"));

  EXPECT_THAT(stems(list), ElementsAre("scan-0002", "scan-0003"));
  EXPECT_EQ(list.pages[0].load().image.rgb[0], 130);
  EXPECT_EQ(list.pages[1].load().image.rgb[0], 250);
}

TEST_F(InputPageTest, ATiffOfOnePageHasNoNumber) {
  const auto file = write("scan.tif", tests::write_tiff({10}));

  const auto list = list_pages(list_files({file}), small_pages());

  EXPECT_THAT(stems(list), ElementsAre("scan"));
  EXPECT_EQ(list.pages[0].number, 0);
}

TEST_F(InputPageTest, ATextFillsAsManyPagesAsItNeeds) {
  const auto file = write("notes.txt", "\xEF\xBB\xBFone two three\n\nfour");

  const auto list = list_pages(list_files({file}), small_pages());

  EXPECT_THAT(stems(list), ElementsAre("notes-0001", "notes-0002"));
  const auto page = list.pages[1].load();
  EXPECT_EQ(page.image.width, 128);
  EXPECT_NE(page.image, list.pages[0].load().image);
}

TEST_F(InputPageTest, ADamagedFileDoesNotHideTheOthers) {
  const auto bytes = tests::write_tiff({10, 20});
  const auto broken = write("broken.tif", bytes.substr(0, 20));
  const auto whole = write("whole.tif", tests::write_tiff({10}));

  const auto list = list_pages(list_files({broken, whole}), small_pages());

  EXPECT_THAT(stems(list), ElementsAre("whole"));
  EXPECT_THAT(list.failures, ElementsAre(HasSubstr("broken.tif")));
}

TEST_F(InputPageTest, APageKnowsTheHashOfItsFile) {
  const auto bytes = tests::write_tiff({10});
  const auto file = write("scan.tif", bytes);
  const auto page = list_pages(list_files({file}), small_pages()).pages[0];

  EXPECT_EQ(page.load().sha256, sha256(bytes));
  EXPECT_EQ(page.content_hash(), sha256(bytes));
  write("scan.tif", tests::write_tiff({20}));
  EXPECT_EQ(page.content_hash(), sha256(tests::write_tiff({20})));
}

TEST_F(InputPageTest, RefusesARangeWithoutADocument) {
  const auto file = write("scan.tif", tests::write_tiff({10}));

  EXPECT_THAT(
      [&] { list_pages(list_files({file}), small_pages("2")); },
      ThrowsMessage<UsageError>(HasSubstr("--pages has no effect")));
}

TEST_F(InputPageTest, OnePageOfSeveralMustBeChosen) {
  const auto file = write("scan.tif", tests::write_tiff({10, 20}));
  const auto single = write("single.tif", tests::write_tiff({10}));

  EXPECT_EQ(find_page(file, 2, small_pages()).load().image.rgb[0], 20);
  EXPECT_EQ(find_page(single, 0, small_pages()).load().image.rgb[0], 10);
  EXPECT_THAT(
      [&] { find_page(file, 0, small_pages()); },
      ThrowsMessage<UsageError>(HasSubstr("has 2 pages")));
  EXPECT_THAT(
      [&] { find_page(file, 3, small_pages()); },
      ThrowsMessage<InputError>(HasSubstr("from 1 to 2, got 3")));
  EXPECT_THAT(
      [&] { find_page(single, 1, small_pages()); },
      ThrowsMessage<UsageError>(HasSubstr("--page has no effect")));
}

} // namespace
} // namespace microfiche::reading
