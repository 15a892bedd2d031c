#include "memory/erase.h"

#include "core/crypto.h"
#include "memory/check_store.h"
#include "memory/derived_files.h"
#include "rendering/font.h"
#include "tests/memory/stores.h"

#include <algorithm>

namespace microfiche::memory {
namespace {

namespace fs = std::filesystem;

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

constexpr const char* kSecret = "quixotry";

class EraseTest : public tests::StoreTest {
 protected:
  EraseTest() {
    options.layout = tests::small_layout();
    options.seal = true;
  }

  static Selection matching(const std::string& text) {
    Selection selection;
    selection.matching = text;
    return selection;
  }

  /// Files in the store's folder whose bytes have the text.
  std::vector<std::string> files_with(const std::string& text) const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      if (entry.is_regular_file() &&
          read_file(entry.path()).find(text) != std::string::npos) {
        found.push_back(entry.path().filename());
      }
    }
    return found;
  }

  /// A token file of the picture of a page.
  static void add_tokens(Store& store, const StoredPage& page) {
    const auto rendering = renderings(store, page.id).at(0);
    const auto hash = save_derived_file(
        store, concat("tokens of ", rendering.png_sha256), kTokensExtension);
    Statement insert(
        store.database(),
        "INSERT INTO token_file (rendering, model_sha256, dtype, nominal, "
        "valid, positions, sha256) VALUES (?1, 'm', 'f32', 4, 4, 7, ?2)");
    insert.bind(rendering.id, hash).run();
  }

  static void expect_sound(Store& store) {
    const auto report = check_store(store, /*rebuild=*/false);
    EXPECT_THAT(report.faults, IsEmpty());
    EXPECT_THAT(report.damaged_files, IsEmpty());
    EXPECT_EQ(report.missing_files, 0);
    EXPECT_EQ(report.unused_files, 0);
  }

  LayoutOptions options;
};

TEST_F(EraseTest, NoByteOfTheTextIsLeft) {
  auto store = open();
  for (int i = 0; i < 50; ++i) {
    add(store, "a", {concat("filler ", i), concat("word", i, " ", kSecret)});
  }
  lay_out(store, options);
  ASSERT_THAT(files_with(kSecret), ElementsAre("my.db"));

  const auto report = erase(store, matching(kSecret), /*now_ms=*/0);

  EXPECT_EQ(report.turns, 50);
  EXPECT_THAT(files_with(kSecret), IsEmpty());
  EXPECT_THAT(search(store, kSecret, 10), IsEmpty());
  EXPECT_THAT(search(store, "filler", 100), SizeIs(50));
  expect_sound(store);
}

TEST_F(EraseTest, NoByteIsLeftInAWriteAheadLog) {
  auto store = open();
  store.database().run("PRAGMA journal_mode = WAL");
  add(store, "a", {"one", kSecret, "three"});
  ASSERT_THAT(files_with(kSecret), Contains("my.db-wal"));

  erase(store, matching(kSecret), /*now_ms=*/0);

  EXPECT_THAT(files_with(kSecret), IsEmpty());
}

TEST_F(EraseTest, AReaderOfTheLogIsNamedAndTheNextWriterFinishes) {
  {
    auto store = open();
    store.database().run("PRAGMA journal_mode = WAL");
    store.database().run("PRAGMA busy_timeout = 0");
    add(store, "a", {"one", kSecret, "three"});
    Database reader(path());
    Statement query(reader, "SELECT text FROM turn");
    query.next();

    EXPECT_THAT(
        [&] { erase(store, matching(kSecret), /*now_ms=*/0); },
        ThrowsMessage<IoError>(HasSubstr("another program")));
    EXPECT_THAT(texts(store, "a"), ElementsAre("one", "three"));
  }

  auto store = open(Store::Mode::kWrite);

  EXPECT_THAT(files_with(kSecret), IsEmpty());
}

TEST_F(EraseTest, EveryFileOfASharedPageIsReplaced) {
  auto store = open();
  add(store, "a", {"one", kSecret, "three", "four", "five", "six"});
  lay_out(store, options);
  for (const auto& page : pages(store, 1)) {
    add_tokens(store, page);
  }
  const auto shared = renderings(store, pages(store, 1)[0].id).at(0);
  const auto other = renderings(store, pages(store, 1)[1].id).at(0);
  ASSERT_THAT(files(".png"), SizeIs(2));
  ASSERT_THAT(files(".safetensors"), SizeIs(2));

  const auto report = erase(store, matching(kSecret), /*now_ms=*/0);

  EXPECT_EQ(report.removed_pages, 1);
  EXPECT_EQ(report.new_pages, 1);
  EXPECT_EQ(report.removed_files, 2);
  EXPECT_THAT(files(".png"), SizeIs(2));
  EXPECT_THAT(files(".png"), Not(Contains(shared.png_sha256 + ".png")));
  EXPECT_THAT(files(".png"), Contains(other.png_sha256 + ".png"));
  EXPECT_THAT(
      files(".safetensors"),
      ElementsAre(
          sha256(std::string_view("tokens of " + other.png_sha256)) +
          ".safetensors"));
  const rendering::PageRenderer renderer(options.layout.page_style);
  EXPECT_EQ(
      page_text(store, pages(store, 1)[0], options.layout, renderer),
      "[1 user] one\n[3 user] three\n[4 user] four");
  expect_sound(store);
}

TEST_F(EraseTest, APictureOfSeveralPagesGoesWithEachOfThem) {
  auto store = open();
  add(store, "a", {"one", kSecret, "three", "four", "five", "six"});
  lay_out(store, options);
  const auto list = pages(store, 1);
  const auto hash = save_derived_file(store, "merged", kPngExtension);
  store.database().run(concat(
      "INSERT INTO rendering (id, key, mode, how, parent, width, height, "
      "type_px, characters, png_sha256) VALUES (99, 'k', 'nano-1', 'merged', ",
      renderings(store, list[1].id).at(0).id,
      ", 64, 64, 5, 9, '",
      hash,
      "')"));
  store.database().run(concat(
      "INSERT INTO rendering_page (rendering, page, position) VALUES (99, ",
      list[0].id,
      ", 0), (99, ",
      list[1].id,
      ", 1)"));

  erase(store, matching(kSecret), /*now_ms=*/0);

  EXPECT_FALSE(fs::exists(derived_file(store, hash, kPngExtension)));
  expect_sound(store);
}

TEST_F(EraseTest, FactsAnswersAndTitlesGoAsWell) {
  auto store = open();
  import(
      store,
      concat(
          R"({"conversation": "a", "title": "about )",
          kSecret,
          R"(", "role": "user", "text": "one )",
          kSecret,
          R"(", "facts": [{"key": "k", "value": "v1v2"}]})"
          "\n"
          R"({"conversation": "a", "role": "user", "text": "two"})"));
  store.database().run(
      "INSERT INTO probe (id, conversation, question, asked_seq) "
      "VALUES (1, 1, 'what?', 2);"
      "INSERT INTO answer (probe, text, outcome, seconds) "
      "VALUES (1, 'quixotry', 'correct', 1)");

  const auto report = erase(store, matching(kSecret), /*now_ms=*/0);

  EXPECT_EQ(report.derived.titles, 1);
  EXPECT_EQ(find_conversation(store, "a").title, "");
  EXPECT_EQ(store.database().integer("SELECT count(*) FROM fact"), 0);
  EXPECT_EQ(store.database().integer("SELECT count(*) FROM answer"), 0);
  fs::remove(folder.path() / "input");
  EXPECT_THAT(files_with(kSecret), IsEmpty());
  EXPECT_THAT(files_with("v1v2"), IsEmpty());
}

TEST_F(EraseTest, AFactAQuestionOrAnAnswerAloneIsErased) {
  for (
      const std::string sql :
      {"INSERT INTO fact (turn, key, value, kind) "
       "VALUES (1, 'k', 'quixotry', '')",
       "INSERT INTO fact (turn, key, value, kind) "
       "VALUES (1, 'k', 'v', 'quixotry')",
       "INSERT INTO probe (conversation, question, asked_seq) "
       "VALUES (1, 'quixotry?', 1)",
       "INSERT INTO probe (id, conversation, question, asked_seq) "
       "VALUES (9, 1, 'what?', 1);"
       "INSERT INTO answer (probe, text, outcome, seconds) "
       "VALUES (9, 'quixotry', 'correct', 1)",
       "INSERT INTO rendering (id, key, mode, how, width, height, type_px, "
       "characters, png_sha256) VALUES (1, 'k', 'm', 'h', 1, 1, 1, 1, 'p');"
       "INSERT INTO token_file (id, rendering, model_sha256, dtype, nominal, "
       "valid, positions, sha256) VALUES (1, 1, 'm', 'f', 1, 1, 1, 's');"
       "INSERT INTO reading (token_file, reading_config, text, stop, precision, "
       "seconds) VALUES (1, '{}', 'quixotry', 'eos', 0, 1)"}) {
    fs::remove(path());
    auto store = open();
    add(store, "a", {"one"});
    store.database().run(sql);
    ASSERT_THAT(files_with(kSecret), SizeIs(1)) << sql;
    EXPECT_EQ(find_derived(store, matching(kSecret)).total(), 1) << sql;

    const auto report = erase(store, matching(kSecret), /*now_ms=*/0);

    EXPECT_EQ(report.turns, 0);
    EXPECT_EQ(report.derived.total(), 1) << sql;
    EXPECT_THAT(files_with(kSecret), IsEmpty()) << sql;
    EXPECT_THAT(texts(store, "a"), ElementsAre("one"));
  }
}

TEST_F(EraseTest, AnAnswerOfAnotherConversationIsErased) {
  auto store = open();
  add(store, "a", {kSecret});
  add(store, "b", {"one"});
  store.database().run(
      "INSERT INTO probe (id, conversation, question, asked_seq) "
      "VALUES (1, 2, 'what?', 1);"
      "INSERT INTO answer (probe, text, outcome, seconds) "
      "VALUES (1, 'quixotry', 'correct', 1), (1, 'other', 'wrong', 1)");

  const auto report = erase(store, matching(kSecret), /*now_ms=*/0);

  EXPECT_EQ(report.turns, 1);
  EXPECT_EQ(report.derived.answers, 1);
  EXPECT_THAT(files_with(kSecret), IsEmpty());
  EXPECT_EQ(store.database().integer("SELECT count(*) FROM answer"), 1);
}

TEST_F(EraseTest, AllThatGoesIsCounted) {
  auto store = open();
  add(store, "a", {kSecret, "two"});
  lay_out(store, options);
  // A fact of each turn, a question about each and one about neither, with an
  // answer each that does not have the text; a reading of the shared page.
  store.database().run(
      "INSERT INTO fact (id, turn, key, value, kind) VALUES "
      "(1, 1, 'k', 'v', ''), (2, 2, 'l', 'w', '');"
      "INSERT INTO probe (id, conversation, fact, question, asked_seq) VALUES "
      "(1, 1, 1, 'k', 2), (2, 1, 2, 'l', 2), (3, 1, NULL, 'kl', 2);"
      "INSERT INTO answer (probe, text, outcome, seconds) VALUES "
      "(1, 'v', 'correct', 1), (2, 'w', 'correct', 1), (3, '', 'abstained', 1);"
      "INSERT INTO token_file (id, rendering, model_sha256, dtype, nominal, "
      "valid, positions, sha256) VALUES (1, 1, 'm', 'f', 1, 1, 1, 's');"
      "INSERT INTO reading (token_file, reading_config, text, stop, precision, "
      "seconds) VALUES (1, '{}', 'two', 'eos', 0, 1)");
  const auto before = find_derived(store, matching(kSecret));

  const auto report = erase(store, matching(kSecret), /*now_ms=*/0);

  for (const auto& derived : {before, report.derived}) {
    EXPECT_EQ(derived.facts, 1);
    EXPECT_EQ(derived.questions, 2);
    EXPECT_EQ(derived.answers, 3);
    EXPECT_EQ(derived.readings, 1);
  }
  EXPECT_EQ(store.database().integer("SELECT count(*) FROM fact"), 1);
  EXPECT_EQ(store.database().integer("SELECT count(*) FROM probe"), 1);
  EXPECT_EQ(store.database().integer("SELECT count(*) FROM answer"), 0);
  EXPECT_EQ(store.database().integer("SELECT count(*) FROM reading"), 0);
}

TEST_F(EraseTest, ALongTurnLosesAllItsPages) {
  auto store = open();
  add(store, "a", {"one", std::string(400, 'x'), "three"});
  lay_out(store, options);

  Selection selection;
  selection.ranges = {{1, 2, 2}};
  erase(store, selection, /*now_ms=*/0);

  EXPECT_THAT(pages(store, 1), SizeIs(2));
  EXPECT_THAT(texts(store, "a"), ElementsAre("one", "three"));
  expect_sound(store);
}

TEST_F(EraseTest, NumbersAreNotGivenAgain) {
  auto store = open();
  add(store, "a", {"one", "two"});
  Selection selection;
  selection.ranges = {{1, 2, 2}};
  erase(store, selection, /*now_ms=*/0);

  add(store, "a", {"three"});

  EXPECT_EQ(turns(store, 1)[1].seq, 3);
  EXPECT_EQ(count(store).erased_turns, 1);
}

TEST_F(EraseTest, TurnsBeforeATimeAreErased) {
  auto store = open();
  import(
      store,
      R"({"conversation": "a", "role": "user", "text": "early", "time": 1000}
{"conversation": "a", "role": "user", "text": "late", "time": 2000}
{"conversation": "a", "role": "user", "text": "whenever"})");
  Selection selection;
  selection.before_ms = 1'500'000;

  EXPECT_EQ(erase(store, selection, /*now_ms=*/0).turns, 1);

  EXPECT_THAT(texts(store, "a"), ElementsAre("late", "whenever"));
}

TEST_F(EraseTest, AnInterruptedErasureIsFinishedByTheNextWriter) {
  {
    auto store = open();
    add(store, "a", {"one", kSecret});
    lay_out(store, options);
    erase(store, matching("one"), /*now_ms=*/0);
    // As a process that was killed after the transaction leaves it.
    store.database().run("UPDATE erasure SET cleaned = 0");
    save_derived_file(store, "an old page", kPngExtension);
  }
  ASSERT_THAT(files(".png"), SizeIs(2));

  auto store = open(Store::Mode::kWrite);

  EXPECT_THAT(files(".png"), SizeIs(1));
  EXPECT_EQ(
      store.database().integer(
          "SELECT count(*) FROM erasure WHERE cleaned = 0"),
      0);
}

TEST_F(EraseTest, AMissingFontKeepsNobodyFromErasing) {
  const auto font = folder.path() / "my.ttf";
  fs::copy(rendering::find_font("DejaVu Sans Mono"), font);
  options.layout.page_style.font = font;
  {
    auto store = open();
    add(store, "a", {"one", kSecret, "three"});
    lay_out(store, options);
  }
  fs::remove(font);
  auto store = open();

  erase(store, matching(kSecret), /*now_ms=*/0);

  EXPECT_THAT(texts(store, "a"), ElementsAre("one", "three"));
  EXPECT_THAT(files_with(kSecret), IsEmpty());
  EXPECT_THAT(pages(store, 1), IsEmpty());
  fs::copy(rendering::find_font("DejaVu Sans Mono"), font);
  EXPECT_EQ(lay_out(store, options).new_pages, 1);
}

TEST_F(EraseTest, NothingToEraseChangesNothing) {
  auto store = open();
  add(store, "a", {"one"});

  EXPECT_EQ(erase(store, matching("two"), /*now_ms=*/0).turns, 0);

  EXPECT_EQ(store.database().integer("SELECT count(*) FROM erasure"), 0);
}

TEST_F(EraseTest, AnEmptyTextIsRefused) {
  auto store = open();
  add(store, "a", {"one"});

  EXPECT_THAT(
      [&] { erase(store, matching(""), /*now_ms=*/0); },
      ThrowsMessage<UsageError>(HasSubstr("got an empty one")));
  EXPECT_THROW(erase(store, {}, /*now_ms=*/0), UsageError);
}

} // namespace
} // namespace microfiche::memory
