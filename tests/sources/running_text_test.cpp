#include "sources/running_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/utf8.h"
#include "tests/support/folders.h"

namespace microfiche::sources {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

RunningText make_text(const std::string& text) {
  const tests::TemporaryFolder folder;
  write_file(folder.path() / "text.txt", text);
  return RunningText({(folder.path() / "text.txt").string()}, 1);
}

TEST(RunningTextTest, WhiteSpaceIsCollapsed) {
  EXPECT_EQ(make_text(" one\n\n two\t three ").text(), "one two three");
}

TEST(RunningTextTest, InvisibleCharactersDoNotCountTowardTheLength) {
  // Soft hyphens, a zero-width space and a byte order mark.
  const auto text =
      make_text("\u00ADa\u00ADa\u00ADa b\u00ADb\u00ADb\u200B cc\uFEFFc");

  EXPECT_EQ(text.text(), "aaa bbb ccc");
  EXPECT_EQ(text.passage({0, 0, 1}, 7).size(), 7u);
}

TEST(RunningTextTest, APassageIsWholeWordsFromThePartOfItsPage) {
  const auto text = make_text("aa bb cc dd ee ff gg hh");

  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto passage = text.passage({seed, 1, 2}, 5);

    EXPECT_EQ(passage.size(), 5u);
    EXPECT_THAT(text.text() + " aa", HasSubstr(passage));
    // The second half of the text begins inside of "dd" or later.
    EXPECT_GE(passage, "dd");
  }
}

TEST(RunningTextTest, AfterTheEndComesTheBeginning) {
  EXPECT_EQ(make_text("aa bb").passage({0, 0, 1}, 11).size(), 11u);
  EXPECT_EQ(make_text("aa").passage({0, 0, 1}, 3), "aa");
}

TEST(RunningTextTest, AnEastAsianCharacterIsAWord) {
  const auto text = make_text("天地玄黃宇宙洪荒");

  const auto passage = text.passage({0, 0, 1}, 4);

  EXPECT_EQ(passage.size(), 12u);
  EXPECT_EQ(shorten_to_characters("天地玄黃", 3), "天地玄");
}

TEST(RunningTextTest, TheThousandCharactersAreAThousand) {
  const RunningText text({MICROFICHE_SOURCE_DIR "/data/text/chinese"}, 1);

  std::set<char32_t> characters;
  int64_t count = 0;
  for (const char32_t c : decode_utf8(text.text()).text) {
    const bool han = c >= 0x4E00 && c <= 0x9FFF;
    count += han;
    if (han) {
      characters.insert(c);
    }
  }

  EXPECT_EQ(count, 1000);
  EXPECT_EQ(characters.size(), 1000u);
}

TEST(RunningTextTest, TextIsShortenedToWholeWords) {
  EXPECT_EQ(shorten_to_characters("one two three", 7), "one two");
  EXPECT_EQ(shorten_to_characters("one two three", 8), "one two");
  EXPECT_EQ(shorten_to_characters("one two three", 13), "one two three");
  EXPECT_EQ(shorten_to_characters("three", 2), "three");
  const auto count = [](std::string_view text) {
    return static_cast<int64_t>(std::count(text.begin(), text.end(), ' ')) + 1;
  };
  EXPECT_EQ(shorten_to_tokens("one two three", 3, count), "one two");
  EXPECT_EQ(shorten_to_tokens("one two three", 1, count), "");
}

TEST(RunningTextTest, NothingHeldOutIsSaid) {
  const tests::TemporaryFolder folder;
  write_file(folder.path() / "text.txt", "   ");

  EXPECT_THAT(
      [&] { RunningText({(folder.path() / "text.txt").string()}, 1); },
      ThrowsMessage<InputError>(HasSubstr("text")));
}

} // namespace
} // namespace microfiche::sources
