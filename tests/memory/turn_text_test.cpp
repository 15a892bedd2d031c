#include "memory/turn_text.h"

#include "tests/memory/stores.h"

namespace microfiche::memory {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class TurnTextTest : public ::testing::Test {
 protected:
  TurnText make(const std::string& text) const {
    Turn turn;
    turn.seq = 12;
    turn.role = Role::kAssistant;
    turn.text = text;
    return TurnText(turn, layout, renderer);
  }

  LayoutConfig layout = tests::small_layout();
  rendering::PageRenderer renderer{layout.page_style};
};

TEST_F(TurnTextTest, TheMarkHasNumberAndRole) {
  EXPECT_EQ(make("text").header(0), "[12 assistant] ");
  EXPECT_EQ(make("text").header(3), "[12 assistant, part 3] ");
}

TEST_F(TurnTextTest, AShortMarkHasALetter) {
  layout.turn_header = TurnHeader::kShort;

  EXPECT_EQ(make("text").header(0), "[12a] ");
  EXPECT_EQ(make("text").header(3), "[12a.3] ");
}

TEST_F(TurnTextTest, NothingInATurnLooksLikeAMark) {
  EXPECT_EQ(without_turn_marks("x [13 user] y"), "x (13 user] y");
  EXPECT_EQ(
      without_turn_marks("[13 assistant, part 2]"), "(13 assistant, part 2]");
  EXPECT_EQ(without_turn_marks("[13u]"), "(13u]");
  EXPECT_EQ(without_turn_marks("[13u.2]"), "(13u.2]");
  // A zero-width space and a no-break space.
  EXPECT_EQ(
      without_turn_marks("[1\xE2\x80\x8B"
                         "3\xC2\xA0user]"),
      "(1\xE2\x80\x8B"
      "3\xC2\xA0user]");
}

TEST_F(TurnTextTest, NoNumberOfInvisibleCharactersHidesAMark) {
  std::string joiners;
  for (int i = 0; i < 134; ++i) {
    joiners += "\xE2\x81\xA0";
  }

  EXPECT_EQ(
      without_turn_marks("[" + joiners + "13 user]"),
      "(" + joiners + "13 user]");
}

TEST_F(TurnTextTest, OtherBracketsStay) {
  for (const char* text :
       {"a[0] = b[12]", "[1, 2]", "[user]", "[12 months]", "[", "[7"}) {
    EXPECT_EQ(without_turn_marks(text), text);
  }
}

TEST_F(TurnTextTest, UndrawableCharactersAreReplacedAndCounted) {
  // An emoji, which DejaVu Sans Mono does not have.
  const auto text = make(
      "a\xF0\x9F\xA6\x9C"
      "b\xF0\x9F\xA6\x9C");

  EXPECT_EQ(
      text.body(),
      "a\xEF\xBF\xBD"
      "b\xEF\xBF\xBD");
  EXPECT_EQ(text.num_replaced(), 2);
}

TEST_F(TurnTextTest, BytesOfTheBodyAndOfTheTextCorrespond) {
  const auto text = make(
      "a\xF0\x9F\xA6\x9C"
      "bc");

  for (const auto& [body, source] : std::vector<std::pair<size_t, int64_t>>{
           {0, 0}, {1, 1}, {4, 5}, {5, 6}}) {
    EXPECT_EQ(text.source_byte(body), source);
    EXPECT_EQ(text.body_byte(source), body);
  }
}

TEST_F(TurnTextTest, UndrawableCharactersAreRefusedOnRequest) {
  layout.undrawable = Undrawable::kRefuse;

  EXPECT_THAT(
      [&] { make("a\xF0\x9F\xA6\x9C"); },
      ThrowsMessage<InputError>(HasSubstr("turn 12: no font of the page style "
                                          "has U+1F99C")));
}

TEST_F(TurnTextTest, WhiteSpaceAtTheEndIsLeftOut) {
  EXPECT_EQ(make("text \n\xE2\x80\x8B\xE3\x80\x80\n").body(), "text");
  EXPECT_EQ(make(" \n ").body(), "");
}

} // namespace
} // namespace microfiche::memory
