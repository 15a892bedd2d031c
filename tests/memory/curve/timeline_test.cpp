#include "memory/curve/timeline.h"

#include "memory/derived_files.h"
#include "tests/memory/curve/answered_store.h"

#include <filesystem>

namespace microfiche::memory::curve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

class TimelineTest : public tests::AnsweredStoreTest {
 protected:
  /// Keeps `png` as the picture of a page in a mode, and `text` as what was
  /// read from it, as `memory build` and `memory recall` do.
  static void read_page(
      Store& store,
      int64_t page,
      const std::string& mode,
      const std::string& text,
      const std::string& png) {
    auto& database = store.database();
    Statement rendering(
        database,
        "INSERT INTO rendering (key, mode, how, width, height, type_px, "
        "characters, png_sha256) VALUES (?1, ?2, 'resized', 128, 64, 10, 40, "
        "?3)");
    rendering
        .bind(
            concat("key ", page, mode),
            mode,
            save_derived_file(store, png, kPngExtension))
        .run();
    const int64_t id = database.last_id();
    Statement link(database, "INSERT INTO rendering_page VALUES (?1, 0, ?2)");
    link.bind(id, page).run();
    Statement tokens(
        database,
        "INSERT INTO token_file (rendering, model_sha256, dtype, nominal, "
        "valid, positions, sha256) VALUES (?1, 'm', 'f32', 4, 4, 7, 't')");
    tokens.bind(id).run();
    read_again(store, database.last_id(), "{}", text);
  }

  /// Keeps another reading of a token file.
  static void read_again(
      Store& store,
      int64_t token_file,
      const std::string& reading_config,
      const std::string& text) {
    Statement reading(
        store.database(),
        "INSERT INTO reading (token_file, reading_config, text, stop, "
        "precision, seconds) VALUES (?1, ?2, ?3, 'eos', 0.5, 1)");
    reading.bind(token_file, reading_config, text).run();
  }
};

/// Newest page in nano-4, the next as text, the third is dropped.
Policy three_tiers() {
  return tests::policy_of(
      R"({"policy": "age_ladder", "text_when_cheaper": false,
          "options": {"steps": [{"mode": "nano-4", "up_to": 0},
                                {"mode": "text", "up_to": 1}]}})");
}

TEST_F(TimelineTest, ThePagesComeFromNewestToOldest) {
  auto store = open();
  fill(store, 6);
  const int64_t id = plan(store, three_tiers());

  const auto timeline = load_timeline(store, id, 10);

  ASSERT_THAT(timeline.pages, SizeIs(3));
  EXPECT_EQ(timeline.conversation.name, "notes");
  EXPECT_EQ(timeline.policy, "age_ladder");
  EXPECT_EQ(timeline.pages[0].first_seq, 5);
  EXPECT_EQ(timeline.pages[0].mode, "nano-4");
  EXPECT_EQ(timeline.pages[0].positions, 7);
  EXPECT_EQ(timeline.pages[1].mode, "text");
  EXPECT_EQ(timeline.pages[2].mode, "gone");
  EXPECT_EQ(timeline.pages[2].age, 2);
  EXPECT_EQ(
      timeline.pages[2].text,
      "[1 user] locker 1 holds w1\n[2 user] locker 2 holds w2");
}

TEST_F(TimelineTest, APageHasThePictureThatTheModelGets) {
  auto store = open();
  fill(store, 2);
  const int64_t id = plan(store, tests::uniform("nano-4"));
  read_page(store, 1, "nano-4", "what was read", "the picture");

  const auto page = load_timeline(store, id, 10).pages.at(0);

  EXPECT_TRUE(page.built);
  EXPECT_EQ(page.png, "the picture");
  EXPECT_EQ(page.width, 128);
  EXPECT_EQ(page.reading, "what was read");
}

TEST_F(TimelineTest, BeforeABuildThePageIsShownAsItWasDrawn) {
  auto store = open();
  fill(store, 2);
  const int64_t id = plan(store, tests::uniform("nano-4"));

  const auto timeline = load_timeline(store, id, 10);

  EXPECT_FALSE(timeline.pages[0].built);
  EXPECT_EQ(timeline.pages[0].width, 240);
  EXPECT_THAT(timeline.pages[0].png, StartsWith("\x89PNG"));
  EXPECT_THAT(timeline_document(timeline), HasSubstr("`memory build` makes"));
}

TEST_F(TimelineTest, ADeletedPictureIsSaidToBeMissing) {
  auto store = open();
  fill(store, 2);
  const int64_t id = plan(store, tests::uniform("nano-4"));
  std::filesystem::remove_all(store.files_folder());

  const auto html = timeline_document(load_timeline(store, id, 10));

  EXPECT_THAT(html, HasSubstr("The picture is missing"));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
}

TEST_F(TimelineTest, FactsHaveTheirAnswersAndWhatReplacedThem) {
  auto store = open();
  fill(store, 4);
  store.database().run("UPDATE fact SET key = 'locker 4' WHERE id = 1");
  const int64_t id = plan(store, tests::uniform("nano-4"));
  answer(store, id, 2, "binding", "w1");

  const auto facts = load_timeline(store, id, 10).pages.at(1).facts;

  ASSERT_THAT(facts, SizeIs(2));
  EXPECT_TRUE(facts[0].superseded);
  EXPECT_FALSE(facts[0].answer.has_value());
  EXPECT_FALSE(facts[1].superseded);
  EXPECT_EQ(facts[1].answer, "w1");
  EXPECT_EQ(facts[1].outcome, "binding");
}

TEST_F(TimelineTest, TheReadingIsThatOfTheAnswers) {
  auto store = open();
  fill(store, 2);
  const int64_t id = plan(store, tests::uniform("nano-4"));
  read_page(store, 1, "nano-4", "locker 1 holds w1", "p");
  answer(store, id, 1, "correct", "w1");
  // A later recall with another config, of which this plan has answers, too.
  read_again(store, 1, R"({"max_new_tokens": 2})", "lo");
  const int64_t other = run_of(store, id, "f32", R"({"max_new_tokens": 2})");
  answer(store, id, 1, "abstained", "", "transcription", other);

  const auto first = load_timeline(store, id, 10, "transcription", 1);
  const auto newest = load_timeline(store, id, 10);

  EXPECT_EQ(first.pages[0].reading, "locker 1 holds w1");
  EXPECT_EQ(first.pages[0].facts[0].answer, "w1");
  EXPECT_EQ(newest.run, other);
  EXPECT_EQ(newest.pages[0].reading, "lo");
  EXPECT_EQ(newest.pages[0].facts[0].answer, "");
}

TEST_F(TimelineTest, AReadingOfAnotherDtypeIsNotShown) {
  auto store = open();
  fill(store, 2);
  const int64_t id = plan(store, tests::uniform("nano-4"));
  read_page(store, 1, "nano-4", "of f32", "p");
  answer(
      store,
      id,
      1,
      "correct",
      "w1",
      "transcription",
      run_of(store, id, "bf16"));

  EXPECT_FALSE(load_timeline(store, id, 10).pages[0].reading.has_value());
}

TEST_F(TimelineTest, ARunOfAnotherPlanIsRefused) {
  auto store = open();
  fill(store, 2);
  const int64_t first = plan(store, tests::uniform("nano-4"));
  const int64_t second = plan(store, tests::uniform("nano-4"));
  answer(store, first, 1, "correct", "w1");

  EXPECT_EQ(plan_of_run(store, 1), first);
  EXPECT_THAT(
      [&] { load_timeline(store, second, 10, "transcription", 1); },
      ThrowsMessage<InputError>(HasSubstr("has no run 1 with answers")));
  EXPECT_THAT(
      [&] { plan_of_run(store, 9); },
      ThrowsMessage<InputError>(HasSubstr("no recall run 9")));
}

TEST_F(TimelineTest, DifferencesToTheTextAreMarked) {
  auto store = open();
  fill(store, 2);
  const int64_t id = plan(store, tests::uniform("nano-4"));
  read_page(
      store,
      1,
      "nano-4",
      "[1 user] locker 1 holds w1\n[2 user] locker 8 holds w2",
      "p");

  EXPECT_THAT(
      timeline_document(load_timeline(store, id, 10)),
      HasSubstr("locker <del class=\"s\">2</del><ins class=\"s\">8</ins> "
                "holds w2"));
}

TEST_F(TimelineTest, RememberedTextIsData) {
  const std::string evil = "</div><script>alert(1)</script><img src=//e.x>";
  auto store = open();
  fill(store, 2, evil, evil);
  store.database().run(
      "UPDATE fact SET key = '<script>k</script>', value = "
      "'<script>v</script>' WHERE id = 2");
  Statement title(store.database(), "UPDATE conversation SET title = ?1");
  title.bind(evil).run();
  for (const std::string mode : {"nano-4", "text", "gone"}) {
    const int64_t id = plan(
        store,
        tests::policy_of(
            R"({"policy": "age_ladder", "text_when_cheaper": false,
                "options": {"steps": [{"mode": ")" +
            mode + R"("}]}})"));
    if (mode == "nano-4") {
      for (const auto& page : memory::pages(store, 1)) {
        read_page(store, page.id, mode, evil, evil);
      }
      answer(store, id, 2, "invented", "<script>a</script>");
    }

    const auto html = timeline_document(load_timeline(store, id, 10));

    // The document's own scripts and pictures are all that there are.
    EXPECT_THAT(html, Not(HasSubstr("<script>alert"))) << mode;
    EXPECT_THAT(html, Not(HasSubstr("<script>k"))) << mode;
    EXPECT_THAT(html, Not(HasSubstr("<script>v"))) << mode;
    EXPECT_THAT(html, Not(HasSubstr("<script>a"))) << mode;
    EXPECT_THAT(html, Not(HasSubstr("<img src=//e.x"))) << mode;
    EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)")) << mode;
  }
}

TEST_F(TimelineTest, TheNewestPagesAreShownIfTheyAreLimited) {
  auto store = open();
  fill(store, 6);
  const int64_t id = plan(store, three_tiers());

  const auto timeline = load_timeline(store, id, 1);

  EXPECT_THAT(timeline.pages, SizeIs(1));
  EXPECT_EQ(timeline.num_pages, 3);
  EXPECT_THAT(
      timeline_document(timeline),
      HasSubstr(
          "The newest 1 of 3 pages; `memory timeline --plan 1 --pages N`"));
}

TEST_F(TimelineTest, AMethodWithoutAnswersIsRefusedWhereOthersHaveSome) {
  auto store = open();
  fill(store, 2);
  const int64_t id = plan(store, tests::uniform("nano-4"));
  EXPECT_THAT(load_timeline(store, id, 10, "lookup").pages, SizeIs(1));
  answer(store, id, 1, "correct", "w1");

  EXPECT_THAT(
      [&] { load_timeline(store, id, 10, "lookup"); },
      ThrowsMessage<InputError>(HasSubstr("no answers by \"lookup\"")));
}

TEST_F(TimelineTest, APolicyWithoutANameIsRefused) {
  auto store = open();
  fill(store, 2);
  const int64_t id = plan(store, tests::uniform("nano-4"));
  store.database().run("UPDATE policy SET json = '[1]'");

  EXPECT_THAT(
      [&] { load_timeline(store, id, 10); },
      ThrowsMessage<InputError>(
          HasSubstr("expected an object with the field")));
}

TEST_F(TimelineTest, AStoreWithoutAPlanSaysWhatToDo) {
  auto store = open();
  fill(store, 2);

  EXPECT_THAT(
      [&] { newest_plan(store, std::nullopt); },
      ThrowsMessage<InputError>(HasSubstr("there is no plan")));
  EXPECT_THAT(
      [&] { load_timeline(store, 7, 10); },
      ThrowsMessage<InputError>(HasSubstr("there is no plan 7")));
}

} // namespace
} // namespace microfiche::memory::curve
