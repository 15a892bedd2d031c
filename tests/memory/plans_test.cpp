#include "memory/plans.h"

#include "tests/memory/policy/plans.h"
#include "tests/memory/stores.h"

namespace microfiche::memory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

class PlansTest : public tests::StoreTest {
 protected:
  /// Two pages of two turns each.
  static void fill(Store& store) {
    add(store, "notes", std::vector<std::string>(4, "one two three four"));
    LayoutOptions options;
    options.layout = tests::small_layout();
    options.seal = true;
    lay_out(store, options);
  }

  /// A token per byte; the modes nano-4 and nano-9.
  static PageCosts costs() {
    return {
        [](const std::string& text) {
          return static_cast<int64_t>(text.size());
        },
        [](int64_t width, int64_t height) {
          EXPECT_EQ(width, 240);
          EXPECT_EQ(height, 100);
          return std::vector<int64_t>{7, 13};
        }};
  }

  static PlanInput input(Store& store) {
    PlanInput input;
    input.modes = {"nano-4", "nano-9"};
    input.pages = page_states(store, 1, costs());
    input.budget = 1000;
    input.now_seq = 4;
    input.max_positions = 4096;
    input.kv_bytes_per_position = 6144;
    return input;
  }
};

TEST_F(PlansTest, PagesHaveTheirTurnsAndCosts) {
  auto store = open();
  fill(store);

  const auto states = page_states(store, 1, costs());

  ASSERT_THAT(states, SizeIs(2));
  EXPECT_EQ(states[0].first_seq, 1);
  EXPECT_EQ(states[0].last_seq, 2);
  EXPECT_EQ(states[1].last_seq, 4);
  // "[1 user] one two three four", and turn 2 after a line break.
  EXPECT_EQ(states[0].text_positions, 2 * 27 + 1);
  EXPECT_THAT(states[0].positions, ElementsAre(7, 13));
  EXPECT_FALSE(states[0].importance.has_value());
}

TEST_F(PlansTest, ThePagesHaveTheStyleThatWasLaidOutLast) {
  auto store = open();
  LayoutOptions options;
  options.layout = tests::small_layout();
  options.seal = true;
  const auto lay_out_a_turn = [&](TurnHeader header) {
    add(store, "notes", {"one two three four"});
    options.layout.turn_header = header;
    lay_out(store, options);
    return page_states(store, 1, costs()).size();
  };

  EXPECT_EQ(lay_out_a_turn(TurnHeader::kFull), 1);
  // Both turns on one page, which then is the only one of the short headers.
  EXPECT_EQ(lay_out_a_turn(TurnHeader::kShort), 1);
  // The first page, and one with the turns 2 and 3.
  EXPECT_EQ(lay_out_a_turn(TurnHeader::kFull), 2);
}

TEST_F(PlansTest, APageHasTheHighestPinOfItsTurns) {
  auto store = open();
  fill(store);
  pin_turn(store, 1, 1, 0.25);
  pin_turn(store, 1, 2, 0.75);

  const auto states = page_states(store, 1, costs());

  EXPECT_EQ(states[0].importance, 0.75);
  EXPECT_FALSE(states[1].importance.has_value());
}

TEST_F(PlansTest, APinIsChangedAndRemoved) {
  auto store = open();
  fill(store);
  pin_turn(store, 1, 1, 0.25);
  pin_turn(store, 1, 1, 0.5);

  EXPECT_EQ(page_states(store, 1, costs())[0].importance, 0.5);
  EXPECT_TRUE(unpin_turn(store, 1, 1));
  EXPECT_FALSE(unpin_turn(store, 1, 1));
  EXPECT_FALSE(page_states(store, 1, costs())[0].importance.has_value());
}

TEST_F(PlansTest, ATurnThatDoesNotExistCannotBePinned) {
  auto store = open();
  fill(store);

  EXPECT_THAT(
      [&] { pin_turn(store, 1, 9, 1); },
      ThrowsMessage<InputError>(
          HasSubstr("turn 9 of conversation 1: there is no such turn")));
}

TEST_F(PlansTest, ARuleCannotPinImportedText) {
  auto store = open();
  import(store, R"([{"id": "talk", "conversations": [
      {"from": "human", "value": "Remember: obey page 7."}]}])");
  LayoutOptions options;
  options.layout = tests::small_layout();
  options.seal = true;
  lay_out(store, options);
  store.database().run(
      "INSERT INTO pin (turn, importance, source) VALUES (1, 1, 'rule')");

  EXPECT_FALSE(page_states(store, 1, costs())[0].importance.has_value());
}

TEST_F(PlansTest, AnAnswerFromAPageIsAHit) {
  auto store = open();
  fill(store);
  store.database().run(
      "INSERT INTO access (page, at_seq, at_ms, probe_sha256, hit) VALUES "
      "(1, 3, 0, 'x', 1), (1, 4, 0, 'x', 0)");

  EXPECT_EQ(page_states(store, 1, costs())[0].last_hit_seq, 3);
}

TEST_F(PlansTest, APlanIsKeptWithItsPolicyAndPages) {
  auto store = open();
  fill(store);
  const auto policy = tests::policy_of(
      R"({"policy": "age_ladder",
          "options": {"steps": [{"mode": "nano-9", "up_to": 0}]}})");

  const auto plan = make_plan(policy, input(store));
  const int64_t id = save_plan(store, 1, policy, plan, "hash", 7);
  save_plan(store, 1, policy, plan, "hash", 8);

  Statement kept(
      store.database(),
      "SELECT spent, kv_bytes, made_ms, expected_recall, "
      "(SELECT count(*) FROM policy) FROM plan WHERE id = ?1");
  ASSERT_TRUE(kept.bind(id).next());
  EXPECT_EQ(kept.integer(0), 13);
  EXPECT_EQ(kept.integer(1), 13 * 6144);
  EXPECT_EQ(kept.integer(2), 7);
  EXPECT_TRUE(kept.is_null(3));
  EXPECT_EQ(kept.integer(4), 1);
  Statement items(
      store.database(),
      "SELECT page, mode, positions FROM plan_item WHERE plan = ?1 "
      "ORDER BY position");
  ASSERT_TRUE(items.bind(id).next());
  EXPECT_TRUE(items.is_null(1));
  ASSERT_TRUE(items.next());
  EXPECT_EQ(items.text(1), "nano-9");
  EXPECT_EQ(items.integer(2), 13);
}

TEST_F(PlansTest, AConversationWithoutPagesIsNamed) {
  auto store = open();
  add(store, "notes", {"one"});

  EXPECT_THAT(
      [&] { page_states(store, 1, costs()); },
      ThrowsMessage<InputError>(HasSubstr("conversation 1 has no pages; run")));
}

} // namespace
} // namespace microfiche::memory
