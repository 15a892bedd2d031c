#include "memory/store.h"

#include "memory/schema.h"
#include "tests/memory/stores.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace microfiche::memory {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

class MemoryStoreTest : public tests::StoreTest {
 protected:
  /// An SQLite file of another program.
  void write_foreign(const std::string& sql) const {
    Database database(path());
    database.run(sql);
  }
};

TEST_F(MemoryStoreTest, KeepsTurnsInOrder) {
  {
    auto store = open();
    add(store, "notes", {"one", "two"});
    add(store, "other", {"three"});
  }

  auto store = open(Store::Mode::kRead);

  EXPECT_THAT(texts(store, "notes"), ElementsAre("one", "two"));
  EXPECT_THAT(texts(store, "2"), ElementsAre("three"));
  EXPECT_EQ(turns(store, 1)[1].seq, 2);
}

TEST_F(MemoryStoreTest, AnUnknownConversationIsNamed) {
  auto store = open();

  EXPECT_THAT(
      [&] { find_conversation(store, "nots"); },
      ThrowsMessage<InputError>(HasSubstr("no conversation \"nots\"")));
}

TEST_F(MemoryStoreTest, AMissingStoreIsNotMadeForReading) {
  EXPECT_THAT(
      [&] { open(Store::Mode::kRead); },
      ThrowsMessage<InputError>(HasSubstr("my.db: there is no store")));
  EXPECT_FALSE(fs::exists(path()));
  EXPECT_FALSE(fs::exists(path().string() + ".files"));
}

TEST_F(MemoryStoreTest, ReadingChangesNothing) {
  {
    auto store = open();
    add(store, "notes", {"one"});
  }
  auto store = open(Store::Mode::kRead);

  EXPECT_THAT(
      [&] { add(store, "notes", {"two"}); },
      ThrowsMessage<IoError>(HasSubstr("cannot write")));
}

TEST_F(MemoryStoreTest, TwoWritersExcludeEachOther) {
  auto store = open();

  EXPECT_THAT(
      [&] { open(Store::Mode::kWrite); },
      ThrowsMessage<IoError>(HasSubstr("another process writes to the store")));
}

TEST_F(MemoryStoreTest, ReadersSeeWhatIsCommittedWhileAnotherWrites) {
  auto writer = open();
  add(writer, "notes", {"one"});
  auto reader = open(Store::Mode::kRead);

  add(writer, "notes", {"two"});

  EXPECT_THAT(texts(reader, "notes"), ElementsAre("one", "two"));
}

TEST_F(MemoryStoreTest, AFolderIsRefused) {
  fs::create_directory(path());

  EXPECT_THAT(
      [&] { open(); }, ThrowsMessage<InputError>(HasSubstr("got a folder")));
}

TEST_F(MemoryStoreTest, AFileThatIsNotOfSqliteIsRefusedAndKept) {
  write_file(path(), "my diary");

  EXPECT_THAT(
      [&] { open(); }, ThrowsMessage<InputError>(HasSubstr("not of SQLite")));
  EXPECT_EQ(read_file(path()), "my diary");
}

TEST_F(MemoryStoreTest, AStoreOfAnotherProgramIsRefusedAndKept) {
  write_foreign("CREATE TABLE song (name TEXT)");
  const auto before = read_file(path());

  EXPECT_THAT(
      [&] { open(); },
      ThrowsMessage<InputError>(HasSubstr("SQLite file of another program")));
  EXPECT_EQ(read_file(path()), before);
}

TEST_F(MemoryStoreTest, ANewerSchemaIsRefused) {
  {
    auto store = open();
    add(store, "notes", {"one"});
  }
  write_foreign("PRAGMA user_version = 1000");

  for (const auto mode : {Store::Mode::kRead, Store::Mode::kWrite}) {
    EXPECT_THAT(
        [&] { open(mode); },
        ThrowsMessage<InputError>(HasSubstr("use a newer microfiche")));
  }
}

TEST_F(MemoryStoreTest, ATruncatedStoreIsRefused) {
  {
    auto store = open();
    add(store, "notes", {"one"});
  }
  fs::resize_file(path(), fs::file_size(path()) / 2);

  EXPECT_THROW(
      {
        auto store = open(Store::Mode::kRead);
        texts(store, "notes");
      },
      InputError);
}

TEST_F(MemoryStoreTest, AFileWithoutBytesBecomesAStore) {
  write_file(path(), "");

  auto store = open();

  EXPECT_THAT(conversations(store), IsEmpty());
  EXPECT_TRUE(is_store_file(path()));
}

TEST_F(MemoryStoreTest, AStoreThatStaysEmptyIsRemovedAgain) {
  { auto store = open(); }

  EXPECT_FALSE(fs::exists(path()));
  EXPECT_FALSE(fs::exists(path().string() + ".files"));
}

TEST_F(MemoryStoreTest, MigrationsRunFromTheVersionOfTheStore) {
  const std::array<std::string_view, 2> steps = {
      "CREATE TABLE a (x INTEGER)", "ALTER TABLE a ADD COLUMN y INTEGER"};
  Database database(path());
  migrate(database, std::span(steps).first(1));

  migrate(database, steps);

  database.run("INSERT INTO a (x, y) VALUES (1, 2)");
  EXPECT_EQ(database.integer("PRAGMA user_version"), 2);
}

TEST_F(MemoryStoreTest, AnswersFromBeforeRunsKeepTheirPlanAndTheirMethod) {
  Database database(path());
  migrate(database, schema_steps().first(3));
  database.run(
      "INSERT INTO conversation VALUES (1, 'a', '', 'jsonl', NULL, 0);"
      "INSERT INTO policy VALUES (1, '{}', 'p');"
      "INSERT INTO plan (id, conversation, policy, budget, spent, now_seq, "
      "made_ms) VALUES (7, 1, 1, 9, 9, 1, 0);"
      "INSERT INTO probe VALUES (1, 1, NULL, 'what?', 1);"
      "INSERT INTO answer (probe, plan, text, outcome, seconds, method) VALUES "
      "(1, 7, '', 'abstained', 0, 'full_text'), "
      "(1, 7, '', 'abstained', 0, 'nothing');"
      "INSERT INTO rendering VALUES (1, 'k', 'm', 'h', NULL, 1, 1, 1, 1, 'p');"
      "INSERT INTO token_file VALUES (1, 1, 'm', 'f32', 1, 1, 1, 's');"
      "INSERT INTO reading VALUES (1, 1, '{}', 'text', 'eos', 1, 1)");

  migrate(database, schema_steps());

  EXPECT_EQ(database.integer("SELECT plan FROM recall_run"), 7);
  EXPECT_EQ(
      database.integer(
          "SELECT count(*) FROM answer WHERE run = 1 AND method IN "
          "('whole_text', 'blank_page')"),
      2);
  EXPECT_EQ(
      database.integer(
          "SELECT count(*) FROM reading WHERE reading_config = '{}' AND text = "
          "'text'"),
      1);
}

TEST_F(MemoryStoreTest, AFailedMigrationChangesNothing) {
  const std::array<std::string_view, 2> steps = {
      "CREATE TABLE a (x INTEGER)", "CREATE TABLE b (y INTEGER); nonsense"};
  Database database(path());
  migrate(database, std::span(steps).first(1));

  EXPECT_THROW(migrate(database, steps), InputError);

  EXPECT_EQ(database.integer("PRAGMA user_version"), 1);
  EXPECT_EQ(
      database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'b'"),
      0);
}

TEST_F(MemoryStoreTest, ATurnNeverChanges) {
  auto store = open();
  add(store, "notes", {"one"});

  EXPECT_THAT(
      [&] { store.database().run("UPDATE turn SET text = 'two'"); },
      ThrowsMessage<InputError>(HasSubstr("never changes")));
}

TEST_F(MemoryStoreTest, ATurnWithoutTextIsRefused) {
  auto store = open();

  EXPECT_THAT(
      [&] { add(store, "notes", {""}); },
      ThrowsMessage<InputError>(HasSubstr("no text")));
  EXPECT_THAT(conversations(store), IsEmpty());
}

TEST_F(MemoryStoreTest, ATurnThatIsNotUtf8IsRefusedWithItsByte) {
  auto store = open();

  EXPECT_THAT(
      [&] { add(store, "notes", {"ab\xFF"}); },
      ThrowsMessage<InputError>(HasSubstr("byte 2 of the turn is not UTF-8")));
  EXPECT_THAT(
      [&] { add(store, "notes", {std::string("a\0b", 3)}); },
      ThrowsMessage<InputError>(HasSubstr("byte 1 of the turn is U+0000")));
}

TEST_F(MemoryStoreTest, ATurnOfMoreThanTheLimitIsRefused) {
  auto store = open();

  EXPECT_THAT(
      [&] { add(store, "notes", {std::string(kMaxTurnBytes + 1, 'a')}); },
      ThrowsMessage<InputError>(HasSubstr("the limit; split it")));
}

TEST_F(MemoryStoreTest, AnUncommittedTransactionLeavesNothing) {
  auto store = open();
  {
    Transaction transaction(store.database());
    add_conversation(store, {0, "notes", "", "typed", "", 0});
  }

  EXPECT_THAT(conversations(store), IsEmpty());
}

TEST_F(MemoryStoreTest, SearchFindsTurnsByTheirWordsBestFirst) {
  auto store = open();
  add(store,
      "notes",
      {"the code of locker 17 is kfqe",
       "locker rooms are cold and long and dark and far",
       "nothing of that"});

  const auto found = search(store, "Which code has \"locker 17\"?", 10);

  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].seq, 1);
  EXPECT_THAT(search(store, "locker", 1), SizeIs(1));
  EXPECT_THAT(search(store, "\"* OR (", 10), IsEmpty());
}

TEST_F(MemoryStoreTest, AStoreThatMayNotBeWrittenGivesAnIoError) {
  if (::geteuid() == 0) {
    GTEST_SKIP() << "root may write everywhere";
  }
  ::chmod(folder.path().c_str(), 0555);

  EXPECT_THROW(open(), IoError);
  ::chmod(folder.path().c_str(), 0755);
}

} // namespace
} // namespace microfiche::memory
