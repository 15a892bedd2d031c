#include "tests/apps/model_commands.h"

#include "core/files.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <string>

// `read --draft` and `bench --what drafted`. A draft changes no text, and one
// that cannot be used is bad input.

namespace microfiche {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A page of 200 x 50 points with text, and an empty one.
std::string pdf_with_text() {
  const std::string drawing = "BT /F1 18 Tf 10 20 Td (some words) Tj ET";
  return tests::write_pdf(
      {"<</Type/Catalog/Pages 2 0 R>>",
       "<</Type/Pages/Kids[3 0 R 6 0 R]/Count 2>>",
       "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 50]/Contents 4 0 R"
       "/Resources<</Font<</F1 5 0 R>>>>>>",
       concat(
           "<</Length ",
           drawing.size(),
           ">>\nstream\n",
           drawing,
           "\nendstream"),
       "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
       "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 50]>>"});
}

class DraftCommandTest : public tests::ModelCommandsTest {
 protected:
  std::string read(const std::string& arguments) const {
    const auto outcome =
        run("read " + arguments + " --max-new-tokens 40 --quiet");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.out;
  }

  void expect_refused(const std::string& arguments, const std::string& message)
      const {
    const auto outcome = run("read " + arguments + " --max-new-tokens 4");
    EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(message));
    EXPECT_EQ(outcome.out, "");
  }
};

TEST_F(DraftCommandTest, ADraftChangesNoText) {
  const auto plain = read("page.png");
  write_file(folder.path() / "right.txt", plain);
  write_file(folder.path() / "wrong.txt", "What another page holds.\n");

  EXPECT_EQ(read("page.png --draft right.txt"), plain);
  EXPECT_EQ(read("page.png --draft wrong.txt"), plain);
}

TEST_F(DraftCommandTest, ResultsSayWhatADraftDid) {
  write_file(folder.path() / "right.txt", read("page.png"));

  read("page.png --draft right.txt -o out");

  const auto draft = read_json("out/page.json").at("draft");
  EXPECT_GT(draft.at("drafted"), 0);
  EXPECT_GE(draft.at("drafted"), draft.at("accepted"));
  // The prompt gives the first of 40 ids, and each step one of its own.
  EXPECT_EQ(
      draft.at("steps").get<int64_t>() + draft.at("accepted").get<int64_t>(),
      39);
}

TEST_F(DraftCommandTest, APdfIsItsOwnDraft) {
  write_file(folder.path() / "two.pdf", pdf_with_text());

  const auto outcome =
      run("read two.pdf --draft pdf --batch 2 --max-new-tokens 20");

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("1 page has no text layer"));
  EXPECT_EQ(
      outcome.out,
      run("read two.pdf --max-new-tokens 20 --quiet --batch 2").out);
}

TEST_F(DraftCommandTest, RefusesADraftThatCannotBeUsed) {
  write_file(folder.path() / "binary", std::string("a\0b", 3));
  write_file(folder.path() / "latin1", "caf\xE9 au lait");
  write_file(folder.path() / "empty", " \n");
  write_file(folder.path() / "large", "");
  std::filesystem::resize_file(folder.path() / "large", (64 << 20) + 1);
  write_file(folder.path() / "scan.pdf", tests::three_pages());

  expect_refused("page.png --draft missing", "missing");
  expect_refused("page.png --draft binary", "byte 1 is not UTF-8");
  expect_refused("page.png --draft latin1", "byte 3 is not UTF-8");
  expect_refused("page.png --draft empty", "empty: is empty");
  expect_refused("page.png --draft large", "67108864");
  expect_refused("page.png --draft scan.pdf", "has no text layer");
  expect_refused("page.png --draft pdf", "no page has a text layer");
  expect_refused("scan.pdf --draft pdf", "no page has a text layer");
}

TEST_F(DraftCommandTest, BenchComparesTheIds) {
  const auto outcome =
      run("bench --what drafted --steps 40 --positions 5 --repeat 1 "
          "--draft-error 10 --batch 2");

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(
      outcome.out, AllOf(HasSubstr("times as fast"), HasSubstr("accepted")));
}

TEST_F(DraftCommandTest, BenchRefusesADraftErrorWithoutADraft) {
  const auto outcome = run("bench --what decode --draft-error 10");

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--draft-error has no effect"));
}

TEST_F(DraftCommandTest, BenchPrintsOneRowToPaste) {
  const auto outcome =
      run("bench --what all --format md --steps 8 --repeat 1 --quiet");

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("| model | mode | dtype | threads |"));
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 3) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr(" | t4 | f32 | "));
}

TEST_F(DraftCommandTest, BenchOfEverythingTakesOnePage) {
  const auto batch = run("bench --what all --batch 2");
  EXPECT_EQ(batch.exit_code, 2);
  EXPECT_THAT(batch.err, HasSubstr("--what all: times one page"));

  const auto stages = run("bench --what all,decode");
  EXPECT_EQ(stages.exit_code, 2);
  EXPECT_THAT(stages.err, HasSubstr("leave the others out"));
}

} // namespace
} // namespace microfiche
