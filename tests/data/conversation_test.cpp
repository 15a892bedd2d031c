#include "data/conversation.h"

#include "core/error.h"
#include "core/files.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class ConversationTest : public ::testing::Test {
 protected:
  ConversationTest() {
    write_file(folder.path() / "pages" / "a.png", "not read yet");
  }

  std::vector<Conversation> read(
      const std::string& content,
      const std::string& name = "rows.jsonl") const {
    write_file(folder.path() / name, content);
    return read_conversations(folder.path() / name);
  }

  void expect_refused(const std::string& row, const std::string& words) const {
    const std::string good =
        R"({"messages": [{"role": "user", "content": "2 + 2?"},
            {"role": "assistant", "content": "4"}]})";
    std::string line = good;
    std::erase(line, '\n');
    EXPECT_THAT(
        [&] { read(line + "\n\n" + row + "\n"); },
        ThrowsMessage<InputError>(
            AllOf(HasSubstr("rows.jsonl:3"), HasSubstr(words))));
  }

  tests::TemporaryFolder folder;
};

TEST_F(ConversationTest, ReadsRowsOfMsSwift) {
  const auto rows = read(
      R"({"messages": [{"role": "user", "content": "<image>\nFree OCR."}, {"role": "assistant", "content": "A\nB"}], "images": ["pages/a.png"]})"
      "\n"
      R"({"messages": [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]})"
      "\n");

  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[0].layout, "ms-swift");
  EXPECT_EQ(rows[0].prompt, "<image>\nFree OCR.");
  EXPECT_EQ(rows[0].answer, "A\nB");
  EXPECT_EQ(rows[0].image, folder.path() / "pages/a.png");
  EXPECT_TRUE(rows[1].image.empty());
  EXPECT_THAT(rows[1].where, HasSubstr("rows.jsonl:2"));
}

TEST_F(ConversationTest, ReadsAListOfLlavas) {
  const auto rows = read(
      R"([{"id": "1", "image": "pages/a.png", "conversations": [
            {"from": "human", "value": "<image>\nRead."},
            {"from": "gpt", "value": "A"}]}])",
      "rows.json");

  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows[0].layout, "LLaVA");
  EXPECT_EQ(rows[0].prompt, "<image>\nRead.");
  EXPECT_EQ(rows[0].image, folder.path() / "pages/a.png");
  EXPECT_THAT(rows[0].where, HasSubstr("rows.json[0]"));
}

TEST_F(ConversationTest, ReadsRowsOfUnsloth) {
  const auto rows = read(
      R"({"messages": [{"role": "<|User|>", "content": "<image>\nFree OCR. ", "images": ["pages/a.png"]}, {"role": "<|Assistant|>", "content": "A"}]})"
      "\n");

  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows[0].layout, "Unsloth");
  EXPECT_EQ(rows[0].answer, "A");
  EXPECT_EQ(rows[0].image, folder.path() / "pages/a.png");
}

TEST_F(ConversationTest, FindsImagesInAFolderOfTheirOwn) {
  const auto pages = folder.path() / "pages";
  write_file(
      folder.path() / "rows.jsonl",
      R"({"image": "a.png", "conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "A"}]})");

  const auto rows = read_conversations(folder.path() / "rows.jsonl", pages);

  EXPECT_EQ(rows[0].image, pages / "a.png");
}

TEST_F(ConversationTest, NamesFileAndLineOfWhatItCannotUse) {
  expect_refused(R"({"text": "a"})", "expected \"messages\"");
  expect_refused("{", "rows.jsonl");
  expect_refused(
      R"({"messages": [{"role": "user", "content": "<image>"}, {"role": "assistant", "content": "A"}], "images": ["pages/b.png"]})",
      "there is no image");
  expect_refused(
      R"({"messages": [{"role": "user", "content": "no place"}, {"role": "assistant", "content": "A"}], "images": ["pages/a.png"]})",
      "one image with one <image> in the question, or neither, got 1 and 0");
  expect_refused(
      R"({"messages": [{"role": "user", "content": "<image>"}, {"role": "assistant", "content": "A"}]})",
      "got 0 and 1");
  expect_refused(
      R"({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}]})",
      "expected one question and one answer");
  expect_refused(
      R"({"messages": [{"role": "system", "content": "a"}, {"role": "assistant", "content": "b"}]})",
      "begin with role \"system\"");
  expect_refused(
      R"({"messages": [{"role": "user", "content": 3}, {"role": "assistant", "content": "b"}]})",
      "expected a string in \"content\"");
}

TEST_F(ConversationTest, RefusesAnEmptyFile) {
  EXPECT_THAT(
      [&] { read("\n"); },
      ThrowsMessage<InputError>(HasSubstr("no conversations")));
}

} // namespace
} // namespace microfiche::data
