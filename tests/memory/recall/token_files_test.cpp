#include "memory/recall/token_files.h"

#include "memory/erase.h"
#include "tests/memory/recall/planned_stores.h"

namespace microfiche::memory {
namespace {

using ::testing::IsEmpty;

class TokenFilesTest : public tests::PlannedStoreTest {
 protected:
  TokenFilesTest() : store(open()) {
    fill(store, {{"kib is one."}, {"mot is two."}});
    const auto first = pages(store, 1).front().id;
    const auto original = original_of(store, first);
    page.page = first;
    page.original = original.id;
    page.original_png = original.png_sha256;
    page.mode = "m";
    page.mode_json = "{}";
    page.width = page.height = 64;
    page.type_px = 8;
    page.characters = 20;
    Transaction transaction(store.database());
    add_token_file(store, page, "png", model, {0, 0, 4, 4, 7, "tokens"});
    transaction.commit();
  }

  Store store;
  ResizedPage page;
  TokenFileModel model = {"weights", "f32"};
};

TEST_F(TokenFilesTest, TokensAreFoundForTheirModelAndDtypeOnly) {
  const auto found = find_token_file(store, page.page, "m", "resized", model);

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->positions, 7);
  EXPECT_EQ(found->nominal, 4);
  EXPECT_EQ(found->sha256, "tokens");
  EXPECT_FALSE(find_token_file(store, page.page, "n", "resized", model));
  EXPECT_FALSE(
      find_token_file(store, page.page, "m", "resized", {"other", "f32"}));
  EXPECT_FALSE(
      find_token_file(store, page.page, "m", "resized", {"weights", "bf16"}));
  EXPECT_TRUE(has_tokens_of_others(store, page.page, "m", {"other", "f32"}));
  EXPECT_FALSE(has_tokens_of_others(store, page.page, "m", model));
}

TEST_F(TokenFilesTest, AModeThatChangedUnderItsNameHasOtherPictures) {
  ASSERT_TRUE(find_token_file(store, key_of(page), model));

  page.mode_json = R"({"base_size_px": 128})";

  EXPECT_FALSE(find_token_file(store, key_of(page), model));
}

TEST_F(TokenFilesTest, AReadingIsOfItsConfig) {
  const auto tokens = find_token_file(store, key_of(page), model);
  save_reading(store, tokens->id, "a", {"text", "eos", 0.5, 0.25});

  const auto found = find_reading(store, tokens->id, "a");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->text, "text");
  EXPECT_EQ(found->precision, 0.5);
  EXPECT_FALSE(find_reading(store, tokens->id, "b"));

  save_reading(store, tokens->id, "b", {"other", "loop", 0, 1});
  save_reading(store, tokens->id, "a", {"again", "eos", 1, 1});
  EXPECT_EQ(find_reading(store, tokens->id, "a")->text, "again");
  EXPECT_EQ(find_reading(store, tokens->id, "b")->text, "other");
}

TEST_F(TokenFilesTest, AnErasedTurnTakesTokensAndReadingOfItsPageAlong) {
  const auto tokens = find_token_file(store, key_of(page), model);
  save_reading(store, tokens->id, "a", {"kib is one", "eos", 1, 1});
  Selection selection;
  selection.ranges = {{1, 1, 1}};

  erase(store, selection, /*now_ms=*/0);

  auto& database = store.database();
  EXPECT_EQ(database.integer("SELECT count(*) FROM reading"), 0);
  EXPECT_EQ(database.integer("SELECT count(*) FROM token_file"), 0);
  EXPECT_EQ(
      database.integer("SELECT count(*) FROM rendering WHERE how = 'resized'"),
      0);
}

TEST(ReadingPrecisionTest, LineBreaksDoNotCount) {
  EXPECT_EQ(reading_precision("a b c", "a\nb\nc\n"), 1.0);
  // One of four characters is wrong.
  EXPECT_EQ(reading_precision("abcd", "abxd"), 0.75);
  EXPECT_EQ(reading_precision("abcd", ""), 0.0);
}

} // namespace
} // namespace microfiche::memory
