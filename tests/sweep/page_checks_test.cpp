#include "sweep/run/page_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/files.h"
#include "sweep/sweep_cells.h"
#include "tests/sweep/small_sweep.h"

namespace microfiche::sweep {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr const char* kCases = MICROFICHE_SOURCE_DIR "/tests/data/cases/";

void check_before_first_page(const SweepConfig& sweep) {
  const PageSource source(sweep, count_words);
  check_pages(source, cells_of(sweep), [](const Cell&) { return 9; });
}

SweepConfig sweep_of(const std::string& text) {
  auto sweep = small_sweep();
  sweep.texts = {text};
  return sweep;
}

/// A sweep whose pages cover the whole text.
SweepConfig covering(SweepConfig sweep) {
  sweep.characters_per_token = {90};
  sweep.pages_per_cell = 50;
  return sweep;
}

class PageChecksTest : public ::testing::Test {
 protected:
  SweepConfig sweep_of_text(const std::string& text, const char* name = "a.txt")
      const {
    write_file(folder.path() / name, text);
    return sweep_of((folder.path() / name).string());
  }

  tests::TemporaryFolder folder;
};

TEST_F(PageChecksTest, TheShippedTextPasses) {
  EXPECT_NO_THROW(check_before_first_page(small_sweep()));
}

TEST_F(PageChecksTest, ACharacterThatTheFontLacksIsNamedWithFileAndByte) {
  EXPECT_THAT(
      [] {
        check_before_first_page(
            covering(sweep_of(concat(kCases, "emoji_once.txt"))));
      },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr("emoji_once.txt: byte "),
          HasSubstr(
              "font \"DejaVu Sans\" of style \"plain\" cannot draw U+"))));
}

TEST_F(PageChecksTest, ALineOfJsonIsNamedForItsCharacter) {
  std::string words;
  std::string more;
  for (int i = 0; i < 300; ++i) {
    words += concat("word", i, " ");
    more += concat("further", i, " ");
  }
  const auto sweep = sweep_of_text(
      R"({"text": ")" + words + "\"}\n" + R"({"text": ")" + more +
          "\u4f60\u597d\"}\n",
      "a.jsonl");

  EXPECT_THAT(
      [&] { check_before_first_page(covering(sweep)); },
      ThrowsMessage<InputError>(
          AllOf(HasSubstr("a.jsonl:2: byte "), HasSubstr("cannot draw U+"))));
}

TEST_F(PageChecksTest, ACharacterThatIsOnNoPageIsAllowed) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += concat("word", i, " ");
  }
  auto sweep = sweep_of_text(text + "\u4f60 " + text);
  sweep.pages_per_cell = 1;
  sweep.characters_per_token = {5};
  sweep.controls = {false, false, {}, {}};

  EXPECT_NO_THROW(check_before_first_page(sweep));
}

TEST_F(PageChecksTest, CopiesOfOnePageAreRefused) {
  auto sweep = sweep_of(concat(kCases, "short.txt"));
  sweep.pages_per_cell = 100;

  EXPECT_THAT(
      [&] { check_before_first_page(sweep); },
      ThrowsMessage<InputError>(
          HasSubstr("too little text: of 100 pages only 1 differ")));
}

TEST_F(PageChecksTest, MorePagesThanWordsAreRefusedAndFewerAreNot) {
  auto sweep =
      sweep_of_text("one two three four five six seven eight nine ten");
  sweep.controls = {false, false, {}, {}};
  sweep.pages_per_cell = 2;

  EXPECT_NO_THROW(check_before_first_page(sweep));
  sweep.pages_per_cell = 20;
  EXPECT_THAT(
      [&] { check_before_first_page(sweep); },
      ThrowsMessage<InputError>(HasSubstr("too little text: of 20 pages")));
}

TEST_F(PageChecksTest, ASweepStopsBeforeItsFirstPage) {
  const auto sweep = covering(sweep_of(concat(kCases, "emoji_once.txt")));
  OracleReader oracle(small_sweep());

  EXPECT_THROW(
      run_sweep(sweep, oracle, count_words, Json::object(), folder.path()),
      InputError);
  EXPECT_EQ(oracle.num_batches, 0);
}

/// References of a sweep over a text, joined.
std::string references_of(const SweepConfig& sweep) {
  const PageSource source(sweep, count_words);
  std::string references;
  for (int64_t page = 0; page < sweep.pages_per_cell; ++page) {
    const auto made = source.make(
        cells_of(sweep).front(),
        page,
        test_mode("nine", 3),
        page::kPixelsPerToken);
    EXPECT_FALSE(made.truncated);
    references += made.reference + "\n";
  }
  return references;
}

TEST_F(PageChecksTest, ReferencesHaveNoSoftHyphens) {
  const auto references =
      references_of(sweep_of(concat(kCases, "soft_hyphens.txt")));

  EXPECT_EQ(references.find("\u00ad"), std::string::npos);
}

TEST_F(PageChecksTest, ReferencesHaveNoOtherInvisibleCharacters) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += concat("zero\u200bwidth\u2060", i, "\ufeff ");
  }

  const auto references = references_of(sweep_of_text(text));

  EXPECT_THAT(references, HasSubstr("zerowidth"));
  for (const char* character : {"\u200b", "\u2060", "\ufeff"}) {
    EXPECT_EQ(references.find(character), std::string::npos);
  }
}

} // namespace
} // namespace microfiche::sweep
