#include "memory/check_store.h"

#include "core/config.h"
#include "memory/derived_files.h"
#include "rendering/font.h"
#include "tests/memory/stores.h"

namespace microfiche::memory {
namespace {

namespace fs = std::filesystem;

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CheckStoreTest : public tests::StoreTest {
 protected:
  CheckStoreTest() : store(open()) {
    add(store, "a", {"one", "two", "three", "four", "five", "six"});
    LayoutOptions options;
    options.layout = tests::small_layout();
    options.seal = true;
    lay_out(store, options);
  }

  StoreReport check(bool rebuild = false) {
    return check_store(store, rebuild);
  }

  /// Changes a turn without the functions of the store.
  void change_turn() {
    store.database().run(
        "DROP TRIGGER turn_never_changes;"
        "UPDATE turn SET text = 'changed' WHERE seq = 2");
  }

  fs::path a_file() const {
    return path().string() + ".files/" + *files().begin();
  }

  Store store;
};

TEST_F(CheckStoreTest, ASoundStoreHasNoFaults) {
  const auto report = check();

  EXPECT_THAT(report.faults, IsEmpty());
  EXPECT_EQ(report.counts.turns, 6);
  EXPECT_EQ(report.counts.pages, 2);
  EXPECT_EQ(report.counts.renderings, 2);
}

TEST_F(CheckStoreTest, AChangedTextIsFoundInTheTurnTheIndexAndThePage) {
  change_turn();

  const auto faults = check().faults;

  EXPECT_THAT(faults, Contains(HasSubstr("turn 2 of conversation 1 is not")));
  EXPECT_THAT(faults, Contains(HasSubstr("full-text index is damaged")));
  EXPECT_THAT(faults, Contains(HasSubstr("page 1 has other text")));
}

TEST_F(CheckStoreTest, AReferenceToNothingIsFound) {
  store.database().run(
      "PRAGMA foreign_keys = OFF;"
      "INSERT INTO pin (turn, importance, source) VALUES (77, 1, 'user')");

  EXPECT_THAT(check().faults, Contains(HasSubstr("a row of pin names a row")));
}

TEST_F(CheckStoreTest, MissingFilesAreMadeAgainWithTheSameBytes) {
  const auto before = files();
  fs::remove_all(path().string() + ".files");
  EXPECT_EQ(check().missing_files, 2);
  EXPECT_THAT(check().faults, IsEmpty());

  EXPECT_EQ(check(/*rebuild=*/true).drawn_pages, 2);

  EXPECT_EQ(files(), before);
  EXPECT_EQ(check().missing_files, 0);
}

TEST_F(CheckStoreTest, ADamagedFileIsFoundAndMadeAgain) {
  write_file(a_file(), "not a page");
  EXPECT_THAT(check().damaged_files, SizeIs(1));

  EXPECT_EQ(check(/*rebuild=*/true).drawn_pages, 1);

  EXPECT_THAT(check().damaged_files, IsEmpty());
}

TEST_F(CheckStoreTest, PagesWhoseFontIsMissingAreCountedAndNoFault) {
  const auto font = folder.path() / "my.ttf";
  fs::copy(rendering::find_font("DejaVu Sans Mono"), font);
  LayoutOptions options;
  options.layout = tests::small_layout();
  options.layout.page_style.font = font;
  options.seal = true;
  lay_out(store, options);
  fs::remove_all(path().string() + ".files");
  fs::remove(font);

  const auto report = check(/*rebuild=*/true);

  EXPECT_THAT(report.faults, IsEmpty());
  EXPECT_EQ(report.pages_with_other_fonts, 2);
  EXPECT_EQ(report.drawn_pages, 2);
  fs::copy(rendering::find_font("DejaVu Sans Mono"), font);
  EXPECT_EQ(check(/*rebuild=*/true).drawn_pages, 2);
}

TEST_F(CheckStoreTest, APageThatNoLongerFitsIsCountedAndStopsNoOther) {
  // Lower paper stands for a library that makes higher lines.
  auto layout = tests::small_layout();
  layout.page_style.page_height_px = 60;
  const auto json = write_config(layout).dump();
  Statement shrink(store.database(), "UPDATE style SET json = ?1");
  shrink.bind(json).run();
  fs::remove_all(path().string() + ".files");

  const auto report = check(/*rebuild=*/true);

  // The second page has two lines and fits.
  EXPECT_THAT(report.faults, IsEmpty());
  EXPECT_EQ(report.pages_with_other_fonts, 1);
  EXPECT_EQ(report.drawn_pages, 1);
}

TEST_F(CheckStoreTest, LostVisionTokensAreForgotten) {
  store.database().run(
      "INSERT INTO token_file (rendering, model_sha256, dtype, nominal, valid, "
      "positions, sha256) VALUES (1, 'm', 'f32', 4, 4, 7, 'abc')");
  EXPECT_EQ(check().missing_files, 1);

  check(/*rebuild=*/true);

  EXPECT_EQ(count(store).token_files, 0);
  EXPECT_EQ(count(store).renderings, 2);
}

TEST_F(CheckStoreTest, UnusedFilesAreRemovedInARebuild) {
  save_derived_file(store, "left over", kPngExtension);
  EXPECT_EQ(check().unused_files, 1);

  check(/*rebuild=*/true);

  EXPECT_THAT(files(), SizeIs(2));
}

} // namespace
} // namespace microfiche::memory
