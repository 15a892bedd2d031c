#include "sources/page_collection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/files.h"
#include "tests/support/folders.h"

namespace microfiche::sources {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Collections in the layouts of the benchmarks, their text made up.
class PageCollectionTest : public ::testing::Test {
 protected:
  std::vector<CollectedPage> read(
      const std::string& collection,
      const std::string& file,
      const std::string& json) const {
    write_file(folder.path() / file, json);
    const auto found =
        find_collection(collection + ":" + folder.path().string());
    return found->collection->read(found->folder);
  }

  tests::TemporaryFolder folder;
};

TEST_F(PageCollectionTest, FoxPagesHaveTheAnswerAsTheirText) {
  const auto pages = read("fox_en", "en_page_ocr.json", R"([
    {"image": "en_1.png", "len": 3, "conversations": [
      {"from": "human", "value": "<image>\nOCR this image: "},
      {"from": "gpt", "value": "It was a dark night."}]}])");

  ASSERT_EQ(pages.size(), 1u);
  EXPECT_EQ(pages[0].name, "en_1.png");
  EXPECT_EQ(pages[0].image, folder.path() / "en_pdf_png" / "en_1.png");
  EXPECT_EQ(pages[0].reference, "It was a dark night.");
}

TEST_F(PageCollectionTest, ChinesePagesOfFoxHaveAListOfTheirOwn) {
  const auto pages = read("fox_cn", "cn_page_ocr.json", R"([
    {"image": "cn_1.png", "conversations": [{}, {"value": "天地玄黃"}]}])");

  EXPECT_EQ(pages[0].image, folder.path() / "cn_pdf_png" / "cn_1.png");
}

TEST_F(PageCollectionTest, OmniDocBenchPagesReadInOrderWithoutWhatIsIgnored) {
  const auto pages = read("omnidocbench", "OmniDocBench.json", R"([
    {"page_info": {"image_path": "images/a.jpg"}, "layout_dets": [
      {"category_type": "text_block", "order": 2, "text": "second"},
      {"category_type": "title", "order": 1, "text": "first"},
      {"category_type": "table", "order": 3, "html": "<table></table>"},
      {"category_type": "header", "order": null, "text": "running head"},
      {"category_type": "text_block", "order": 4, "text": "no", "ignore": true}
    ]},
    {"page_info": {"image_path": "b.jpg"}, "layout_dets": []}])");

  ASSERT_EQ(pages.size(), 1u);
  EXPECT_EQ(pages[0].name, "a.jpg");
  EXPECT_EQ(pages[0].image, folder.path() / "images" / "a.jpg");
  EXPECT_EQ(pages[0].reference, "first\nsecond");
}

TEST(PageCollectionCaseTest, ABlockWhoseIgnoreIsNullIsRead) {
  const auto found = find_collection("omnidocbench:" MICROFICHE_SOURCE_DIR
                                     "/tests/data/cases/odb");

  const auto pages = found->collection->read(found->folder);

  ASSERT_EQ(pages.size(), 1u);
  EXPECT_EQ(pages[0].reference, "The quick brown fox");
}

TEST_F(PageCollectionTest, AnIgnoreOfAnotherTypeIsRefusedWithItsPage) {
  EXPECT_THAT(
      [&] {
        read("omnidocbench", "OmniDocBench.json", R"([
          {"page_info": {"image_path": "a.jpg"}, "layout_dets": [
            {"order": 1, "text": "first", "ignore": null},
            {"order": 2, "text": "second", "ignore": "yes"}]}])");
      },
      ThrowsMessage<InputError>(HasSubstr(
          "OmniDocBench.json: page 0: \"ignore\": expected true, false or "
          "null")));
}

TEST_F(PageCollectionTest, AListWithoutAnyTextIsRefused) {
  EXPECT_THAT(
      [&] {
        read("omnidocbench", "OmniDocBench.json", R"([
          {"page_info": {"image_path": "a.jpg"}, "layout_dets": [
            {"order": 1, "text": null}]}])");
      },
      ThrowsMessage<InputError>(HasSubstr(
          "OmniDocBench.json: expected a page with text to score; of 1 page "
          "none has a block whose \"text\" is a string")));
}

TEST_F(PageCollectionTest, RenderedPagesHaveTheTextThatWasSet) {
  const auto pages = read("pages", "pages.json", R"([
    {"file": "page-0001.png", "text": "one two", "characters": 7}])");

  ASSERT_EQ(pages.size(), 1u);
  EXPECT_EQ(pages[0].image, folder.path() / "page-0001.png");
  EXPECT_EQ(pages[0].reference, "one two");
}

TEST_F(PageCollectionTest, AnEntryOfAnotherFormIsNamed) {
  EXPECT_THAT(
      [&] { read("fox_en", "en_page_ocr.json", R"([{"image": "en_1.png"}])"); },
      ThrowsMessage<InputError>(
          HasSubstr("en_page_ocr.json: entry 0: expected an object")));
  EXPECT_THAT(
      [&] { read("omnidocbench", "OmniDocBench.json", R"([{}])"); },
      ThrowsMessage<InputError>(HasSubstr("OmniDocBench.json: page 0")));
  EXPECT_THAT(
      [&] { read("omnidocbench", "OmniDocBench.json", "{}"); },
      ThrowsMessage<InputError>(HasSubstr("list of pages")));
}

TEST_F(PageCollectionTest, AMissingListIsNamed) {
  const auto found = find_collection("fox_en:no/such/folder");

  EXPECT_THAT(
      [&] { found->collection->read(found->folder); },
      ThrowsMessage<Error>(HasSubstr("no/such/folder/en_page_ocr.json")));
}

TEST(FindCollectionTest, OtherPathsAreNoCollection) {
  EXPECT_FALSE(find_collection("data/text/held_out").has_value());
  EXPECT_FALSE(find_collection("fox:folder").has_value());
}

} // namespace
} // namespace microfiche::sources
