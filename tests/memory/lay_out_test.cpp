#include "memory/lay_out.h"

#include "core/crypto.h"
#include "memory/derived_files.h"
#include "memory/export.h"
#include "memory/turn_text.h"
#include "page/image_file.h"
#include "tests/memory/stores.h"

namespace microfiche::memory {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

class LayOutTest : public tests::StoreTest {
 protected:
  LayOutTest() : store(open()) {
    options.layout = tests::small_layout();
  }

  LayoutReport write(bool seal = true) {
    options.seal = seal;
    return lay_out(store, options);
  }

  std::vector<StoredPage> list() {
    return pages(store, 1);
  }

  std::vector<std::string> page_texts() {
    const rendering::PageRenderer renderer(options.layout.page_style);
    std::vector<std::string> texts;
    for (const auto& page : list()) {
      texts.push_back(page_text(store, page, options.layout, renderer));
      EXPECT_EQ(sha256(texts.back()), page.text_sha256);
    }
    return texts;
  }

  Store store;
  LayoutOptions options;
};

TEST_F(LayOutTest, APageHasWholeTurnsWithNumbersAndRoles) {
  // Four lines of 23 characters a page.
  add(store, "a", {"one", "two", "three", "four", "five", "six"});

  write();

  EXPECT_THAT(
      page_texts(),
      ElementsAre(
          "[1 user] one\n[2 user] two\n[3 user] three\n[4 user] four",
          "[5 user] five\n[6 user] six"));
}

TEST_F(LayOutTest, ATurnThatDoesNotFitTheRestGoesOnTheNextPage) {
  const std::string three_lines = "aaaa bbbb cccc dddd eeee ffff gggg hhhh iii";
  add(store, "a", {three_lines, three_lines});

  write();

  EXPECT_THAT(list(), SizeIs(2));
  EXPECT_THAT(page_texts()[1], StartsWith("[2 user] aaaa"));
}

TEST_F(LayOutTest, ALongTurnHasPagesOfItsOwnThatSaySo) {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += concat("word", i, " ");
  }
  add(store, "a", {"before", text, "behind"});

  const auto report = write();

  EXPECT_EQ(report.long_turns, 1);
  const auto texts = page_texts();
  ASSERT_THAT(texts, SizeIs(report.new_pages));
  EXPECT_EQ(texts.front(), "[1 user] before");
  EXPECT_EQ(texts.back(), "[3 user] behind");
  std::string joined;
  for (size_t i = 1; i + 1 < texts.size(); ++i) {
    const auto mark = concat("[2 user, part ", i, "] ");
    EXPECT_THAT(texts[i], StartsWith(mark));
    joined += texts[i].substr(mark.size()) + " ";
  }
  EXPECT_EQ(joined, text);
}

TEST_F(LayOutTest, AWordLongerThanAPageIsCut) {
  add(store, "a", {std::string(500, 'x')});

  write();

  std::string joined;
  for (const auto& text : page_texts()) {
    joined += text.substr(text.find("] ") + 2);
  }
  EXPECT_EQ(joined, std::string(500, 'x'));
}

TEST_F(LayOutTest, ThePictureIsThatOfItsText) {
  add(store, "a", {"one"});

  write();

  const auto rendering = renderings(store, list()[0].id).at(0);
  const auto image = page::read_image(
      derived_file(store, rendering.png_sha256, kPngExtension));
  const rendering::PageRenderer renderer(options.layout.page_style);
  EXPECT_EQ(image, renderer.render_first("[1 user] one").image);
  EXPECT_EQ(rendering.characters, 12);
  EXPECT_EQ(rendering.type_px, 16);
}

TEST_F(LayOutTest, TurnsBehindTheLastFullPageWait) {
  add(store, "a", {"one", "two", "three", "four", "five", "six"});

  const auto report = write(/*seal=*/false);

  EXPECT_EQ(report.waiting_turns, 2);
  EXPECT_THAT(page_texts(), SizeIs(1));
  EXPECT_EQ(write(/*seal=*/true).new_pages, 1);
}

TEST_F(LayOutTest, LaterTurnsNeverChangeAPage) {
  add(store, "a", {"one", "two", "three", "four", "five", "six"});
  write();
  const auto texts_before = page_texts();
  const auto files_before = files();
  const auto rows_before = list();

  add(store, "a", {"seven", "eight", "nine", "ten", "eleven"});
  EXPECT_EQ(write().new_pages, 2);

  const auto rows = list();
  for (size_t i = 0; i < rows_before.size(); ++i) {
    EXPECT_EQ(rows[i].id, rows_before[i].id);
    EXPECT_EQ(page_texts()[i], texts_before[i]);
  }
  const auto files_now = files();
  EXPECT_TRUE(std::includes(
      files_now.begin(),
      files_now.end(),
      files_before.begin(),
      files_before.end()));
  EXPECT_THAT(
      [&] { store.database().run("UPDATE page SET last_seq = 9"); },
      ThrowsMessage<InputError>(HasSubstr("never changes")));
}

TEST_F(LayOutTest, NothingIsLaidOutTwice) {
  add(store, "a", {"one", "two"});
  write();

  EXPECT_EQ(write().new_pages, 0);
}

TEST_F(LayOutTest, ProgressCountsTheTurnsThatAreLaidOut) {
  add(store, "a", {"one", "two"});
  write();
  add(store, "a", {"three", "four", "five"});
  add(store, "b", {"one"});
  options.conversation = 1;
  options.seal = true;
  std::vector<std::pair<int64_t, int64_t>> calls;

  lay_out(store, options, [&](int64_t done, int64_t total) {
    calls.emplace_back(done, total);
  });

  ASSERT_THAT(calls, Not(IsEmpty()));
  EXPECT_EQ(calls.back(), std::pair(int64_t{3}, int64_t{3}));
}

TEST_F(LayOutTest, EachStyleHasItsOwnPages) {
  add(store, "a", {"one", "two"});
  write();

  options.layout.page_style.font_size_px = 20;
  EXPECT_EQ(write().new_pages, 1);

  EXPECT_THAT(styles(store), SizeIs(2));
  EXPECT_THAT(pages(store, 1, 2), SizeIs(1));
}

TEST_F(LayOutTest, PicturesOfTheNewestStyleAreExported) {
  add(store, "a", {"one", "two", "three", "four", "five", "six"});
  write();
  options.layout.page_style.page_width_px = 300;
  write();

  const auto pictures = folder.path() / "pictures";
  EXPECT_EQ(export_pictures(store, 1, pictures), 2);

  EXPECT_EQ(page::read_image(pictures / "page-0001.png").width, 300);
  EXPECT_TRUE(std::filesystem::exists(pictures / "page-0002.png"));
  EXPECT_FALSE(std::filesystem::exists(pictures / "page-0003.png"));
}

TEST_F(LayOutTest, APageWithoutAPictureIsNamedByAnExport) {
  add(store, "a", {"one"});
  write();
  store.database().run("DELETE FROM rendering");

  EXPECT_THAT(
      [&] { export_pictures(store, 1, folder.path() / "pictures"); },
      ThrowsMessage<InputError>(HasSubstr(
          "page 1 has no picture; run `microfiche memory check --rebuild`")));
}

TEST_F(LayOutTest, AnEmptyStoreHasNoPages) {
  EXPECT_EQ(write().new_pages, 0);
}

TEST_F(LayOutTest, TurnsThatCannotBeSeenStillHaveTheirMark) {
  add(store, "a", {"\xE2\x80\x8B", " \n", "three"});

  write();

  EXPECT_THAT(
      page_texts(), ElementsAre("[1 user] \n[2 user] \n[3 user] three"));
}

TEST_F(LayOutTest, ATurnWithoutInkAtTheEndOfAPageIsOnIt) {
  add(store, "a", {"one", " "});

  write();

  EXPECT_THAT(page_texts(), ElementsAre("[1 user] one\n[2 user]"));
}

TEST_F(LayOutTest, CharactersThatNoFontHasAreCounted) {
  add(store,
      "a",
      {"a\xF0\x9F\xA6\x9C"
       "b"});

  EXPECT_EQ(write().replaced_characters, 1);
}

TEST_F(LayOutTest, RightToLeftAndCombinedTextsAreLaidOut) {
  options.layout.page_style.font = "DejaVu Sans";
  add(store,
      "a",
      {"\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D \xD7\xA2\xD7\x95\xD7\x9C\xD7\x9D",
       "e\xCC\x81"
       "a\xCC\x88 \r\n\xE2\x80\xA8x"});

  write();

  EXPECT_THAT(list(), SizeIs(1));
}

TEST_F(LayOutTest, AStyleWithoutRoomForAMarkIsRefusedAndLeavesNoPage) {
  options.layout.page_style.page_width_px = 40;
  options.layout.page_style.page_height_px = 40;
  add(store, "a", {"some text"});

  EXPECT_THAT(
      [&] { write(); },
      ThrowsMessage<InputError>(HasSubstr("no room for the mark of a turn")));
  EXPECT_THAT(list(), IsEmpty());
}

TEST_F(LayOutTest, PagesOfManyTurnsHaveEachTurnOnceInOrder) {
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) {
    texts.push_back(
        std::string(static_cast<size_t>(i * 7 % 131 + 1), 'a' + i % 26));
  }
  add(store, "a", texts);

  write();

  int64_t last = 0;
  for (const auto& page : list()) {
    EXPECT_EQ(page.first_seq, page.part > 1 ? last : last + 1);
    EXPECT_TRUE(page.part == 0 || page.first_seq == page.last_seq);
    last = page.last_seq;
  }
  EXPECT_EQ(last, 300);
  EXPECT_EQ(
      store.database().integer(
          "SELECT count(*) FROM turn WHERE length(CAST(text AS BLOB)) <> "
          "(SELECT max(end_byte) FROM page_turn WHERE turn = turn.id)"),
      0);
  page_texts();
}

} // namespace
} // namespace microfiche::memory
