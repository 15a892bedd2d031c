#include "memory/import.h"

#include "core/crypto.h"
#include "memory/erase.h"
#include "tests/memory/stores.h"

// What happens to a file in the store.

namespace microfiche::memory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ImportTest : public tests::StoreTest {
 protected:
  ImportTest() : store(open()) {}

  static std::string line(int64_t seq, const std::string& text) {
    return concat(
        R"({"conversation": "a", "seq": )",
        seq,
        R"(, "role": "user", "text": ")",
        text,
        "\"}\n");
  }

  Store store;
};

TEST_F(ImportTest, AGrownExportAddsOnlyItsNewTurns) {
  import(store, line(1, "one") + line(2, "two"));

  const auto report =
      import(store, line(1, "one") + line(2, "two") + line(3, "three"));

  EXPECT_EQ(report.extended_conversations, 1);
  EXPECT_EQ(report.new_turns, 1);
  EXPECT_THAT(texts(store, "a"), ElementsAre("one", "two", "three"));
}

TEST_F(ImportTest, TheSameFileAgainChangesNothing) {
  const std::string file =
      R"({"messages": [{"role": "user", "content": "without an id"}]})";
  import(store, file);

  const auto report = import(store, file);

  EXPECT_EQ(report.known_conversations, 1);
  EXPECT_EQ(report.new_turns, 0);
  EXPECT_EQ(count(store).conversations, 1);
}

TEST_F(ImportTest, AConversationThatDiffersIsLeftOutAndNamed) {
  import(store, line(1, "one") + line(2, "two"));

  const auto report = import(store, line(1, "one") + line(2, "changed"));

  EXPECT_THAT(report.differing, ElementsAre("a, turn 2"));
  EXPECT_THAT(texts(store, "a"), ElementsAre("one", "two"));
}

TEST_F(ImportTest, ErasedTurnsStayErased) {
  import(store, line(1, "one") + line(2, "secret"));
  Selection selection;
  selection.matching = "secret";
  erase(store, selection, /*now_ms=*/0);

  const auto report =
      import(store, line(1, "one") + line(2, "secret") + line(3, "three"));

  EXPECT_EQ(report.erased_turns, 1);
  EXPECT_THAT(texts(store, "a"), ElementsAre("one", "three"));
}

TEST_F(ImportTest, ErasedTurnsStayErasedUnderAnErasedName) {
  const std::string file =
      R"({"conversation": "secret plan", "role": "user", "text": "a secret"}
{"conversation": "secret plan", "role": "user", "text": "two"}
)";
  import(store, file);
  Selection selection;
  selection.matching = "secret";
  erase(store, selection, /*now_ms=*/0);
  // Its name does not change again, so that it is still found.
  selection.matching = "erased";
  EXPECT_EQ(find_derived(store, selection).total(), 0);

  const auto report = import(
      store,
      file + R"({"conversation": "secret plan", "role": "user", "text": "3"})");

  EXPECT_EQ(report.erased_turns, 1);
  EXPECT_EQ(report.new_turns, 1);
  ASSERT_EQ(count(store).conversations, 1);
  EXPECT_EQ(
      conversations(store)[0].name,
      "erased-" + sha256(std::string_view("secret plan")).substr(0, 16));
  EXPECT_THAT(texts(store, "1"), ElementsAre("two", "3"));
}

TEST_F(ImportTest, AGrownConversationWithoutAnIdIsANewOne) {
  const auto file = [](const std::string& more) {
    return R"({"messages": [{"role": "user", "content": "one"})" + more + "]}";
  };
  import(store, file(""));

  const auto report =
      import(store, file(R"(, {"role": "user", "content": "two"})"));

  EXPECT_EQ(report.new_conversations, 1);
  EXPECT_EQ(report.new_turns, 2);
}

TEST_F(ImportTest, AFaultInTheLastLineKeepsTheStoreAsItWas) {
  import(store, line(1, "one"));

  EXPECT_THROW(
      import(store, line(1, "one") + line(2, "two") + "{"), InputError);

  EXPECT_THAT(texts(store, "a"), ElementsAre("one"));
}

TEST_F(ImportTest, AClockThatRunsBackwardsIsCountedAndKeepsTheOrder) {
  const auto report = import(
      store,
      R"({"conversation": "a", "role": "user", "text": "late", "time": 2000}
{"conversation": "a", "role": "user", "text": "early", "time": 1000})");

  EXPECT_EQ(report.backward_times, 1);
  EXPECT_THAT(texts(store, "a"), ElementsAre("late", "early"));
}

TEST_F(ImportTest, ZerosInATextAreReplacedAndCounted) {
  const auto report = import(store, line(1, "a\\u0000b"));

  EXPECT_EQ(report.losses.replaced_characters, 1);
  EXPECT_THAT(
      texts(store, "a"),
      ElementsAre("a\xEF\xBF\xBD"
                  "b"));
}

TEST_F(ImportTest, ATurnOfMoreThanTheLimitNamesItsLine) {
  EXPECT_THAT(
      [&] {
        import(
            store,
            line(1, "one") + line(2, std::string(kMaxTurnBytes + 1, 'x')));
      },
      ::testing::ThrowsMessage<InputError>(
          ::testing::HasSubstr("input:2: the turn has")));
  EXPECT_THAT(conversations(store), IsEmpty());
}

TEST_F(ImportTest, AHugeConversationIsImported) {
  std::string file;
  for (int64_t i = 1; i <= 20'000; ++i) {
    file += line(i, "turn");
  }

  EXPECT_EQ(import(store, file).new_turns, 20'000);
}

} // namespace
} // namespace microfiche::memory
