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

TEST(ConversationCaseTest, FillsInReferencesAndBoxes) {
  const auto rows = read_conversations(MICROFICHE_SOURCE_DIR
                                       "/tests/data/cases/rows_objects.jsonl");

  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].prompt, "<image>find <|ref|>title<|/ref|>");
  EXPECT_EQ(rows[0].answer, "<|det|>[[5, 10, 156, 208]]<|/det|>");
}

TEST_F(ConversationTest, FillsInSeveralObjectsInFractionsOfTheSides) {
  const auto rows = read(
      R"({"messages": [{"role": "user", "content": "<image>Where?"}, {"role": "assistant", "content": "<ref-object><bbox> and <ref-object><bbox>"}], "images": ["pages/a.png"], "objects": {"ref": ["a dog", "a cat"], "bbox": [[0, 0, 0.5, 1], [0.25, 0.5, 0.75, 1]], "bbox_type": "norm1"}})"
      "\n");

  EXPECT_EQ(
      rows[0].answer,
      "<|ref|>a dog<|/ref|><|det|>[[0, 0, 500, 999]]<|/det|> and "
      "<|ref|>a cat<|/ref|><|det|>[[250, 500, 749, 999]]<|/det|>");
}

TEST_F(ConversationTest, RefusesObjectsThatDoNotFitTheMessages) {
  const auto row = [](const char* answer, const char* objects) {
    return concat(
        R"({"messages": [{"role": "user", "content": "<image>"}, )",
        R"({"role": "assistant", "content": ")",
        answer,
        R"("}], "images": ["pages/a.png"])",
        objects,
        "}");
  };

  expect_refused(row("<bbox>", ""), "\"<bbox>\" number 1 has no entry");
  expect_refused(
      row("<ref-object>", R"(, "objects": {"ref": []})"),
      "\"<ref-object>\" number 1 has no entry in objects.ref");
  expect_refused(
      row("here", R"(, "objects": {"ref": ["a"]})"),
      "objects.ref has 1 entries, but the messages have 0");
  expect_refused(
      row("<bbox>",
          R"(, "objects": {"bbox": [[0.5, 0.5]], "bbox_type": "norm1"})"),
      "objects.bbox[0]: expected four numbers");
  expect_refused(
      row("<bbox>",
          R"(, "objects": {"bbox": [[0, 0, 2, 1]], "bbox_type": "norm1"})"),
      "the box is not inside its image");
  expect_refused(
      row("<bbox>",
          R"(, "objects": {"bbox": [[0, 0, 1, 1]], "bbox_type": "norm9"})"),
      "objects.bbox_type");
}

TEST(ConversationCaseTest, AnImageInTheRowIsRefusedInAShortMessage) {
  try {
    read_conversations(MICROFICHE_SOURCE_DIR
                       "/tests/data/cases/rows_base64.jsonl");
    FAIL() << "accepted";
  } catch (const InputError& error) {
    const std::string message = error.what();
    EXPECT_THAT(
        message,
        HasSubstr("rows_base64.jsonl:1: images: expected the "
                  "path of an image file"));
    EXPECT_THAT(message, HasSubstr("save it to a file"));
    EXPECT_LT(message.size(), 400u);
  }
}

TEST_F(ConversationTest, ALongValueOfAnotherTypeIsCutInTheMessage) {
  const std::string bytes(30000, 'A');

  expect_refused(
      R"({"messages": [{"role": "user", "content": "<image>"}, {"role": "assistant", "content": "x"}], "images": [{"bytes": ")" +
          bytes + "\"}]}",
      "... (30012 bytes)");
  expect_refused(
      R"({"messages": [{"role": "user", "content": [{"image": ")" + bytes +
          "\"}]}]}",
      "... (30014 bytes)");
}

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
      "one image and one <image> in the question, or neither, got 1 and 0");
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
      ThrowsMessage<InputError>(HasSubstr("no conversation in it")));
}

} // namespace
} // namespace microfiche::data
