#include "tests/memory/policy/plans.h"

#include <algorithm>

namespace microfiche::memory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using tests::modes_of;
using tests::nano_input;
using tests::policy_of;
using tests::uniform;

TEST(PlanTest, CountsPositionsAndBytesOfTheKvCache) {
  const auto plan = make_plan(uniform("nano-4"), nano_input(3));

  EXPECT_EQ(plan.spent, 3 * 7);
  // The shipped nano model needs 42 KiB for seven positions in f32.
  EXPECT_EQ(plan.kv_bytes, 3 * 42 * 1024);
  EXPECT_EQ(plan.text_positions, 300);
  EXPECT_EQ(plan.items[0].page, 101);
  EXPECT_EQ(plan.items[0].age, 2);
}

TEST(PlanTest, WithoutATableNoRecallIsExpected) {
  const auto plan = make_plan(uniform("text"), nano_input(3));

  EXPECT_FALSE(plan.expected_recall.has_value());
  EXPECT_FALSE(plan.items[0].expected_recall.has_value());
}

TEST(PlanTest, ExpectedRecallIsTheMeanOverTheQuestions) {
  auto input = nano_input(3);
  input.accuracy = tests::nano_accuracy();
  const auto policy = policy_of(
      R"({"policy": "age_ladder",
          "options": {"steps": [{"mode": "nano-9", "up_to": 0},
                                {"mode": "nano-4", "up_to": 1}]},
          "weights": {"form": "exponential", "half_life": 1}})");

  const auto plan = make_plan(policy, input);

  // Ages 2, 1, 0 have the weights 1/7, 2/7, 4/7.
  EXPECT_THAT(modes_of(plan), ElementsAre("gone", "nano-4", "nano-9"));
  EXPECT_NEAR(*plan.expected_recall, (2 * 0.817 + 4 * 1.0) / 7, 1e-12);
}

TEST(PlanTest, ATableWithoutARowForAModeLeavesRecallOpen) {
  auto input = nano_input(2);
  input.accuracy.rows = {{"nano-9", std::pair<int64_t, int64_t>(0, 50), 1, 0}};

  const auto plan = make_plan(uniform("nano-9"), input);

  EXPECT_FALSE(plan.expected_recall.has_value());
}

TEST(PlanTest, TheOldestPagesAreDroppedWhenTheBudgetIsSmall) {
  auto input = nano_input(4);
  input.budget = 30;

  const auto plan = make_plan(uniform("nano-9"), input);

  EXPECT_THAT(modes_of(plan), ElementsAre("gone", "gone", "nano-9", "nano-9"));
  EXPECT_EQ(plan.items[0].reason, Reason::kBudget);
  EXPECT_EQ(plan.spent, 26);
}

TEST(PlanTest, PagesAreDroppedInQuantaSoThatTheOldestStaysForSomeTime) {
  auto policy = uniform("nano-9");
  policy.config.drop_quantum = 4;
  std::vector<size_t> first_kept;
  for (int64_t pages = 10; pages <= 18; ++pages) {
    auto input = nano_input(pages);
    input.budget = 130;
    const auto modes = modes_of(make_plan(policy, input));
    first_kept.push_back(static_cast<size_t>(
        std::find(modes.begin(), modes.end(), "nano-9") - modes.begin()));
  }

  EXPECT_THAT(first_kept, ElementsAre(0, 4, 4, 4, 4, 8, 8, 8, 8));
}

TEST(PlanTest, APolicySaysHowThePicturesOfAModeAreMade) {
  const auto policy = policy_of(R"({
      "policy": "age_ladder",
      "ageing": {"nano-1": {"how": "excerpt", "font_size_px": 13.28}},
      "options": {"steps": [{"mode": "nano-9", "up_to": 0},
                            {"mode": "nano-1"}]}})");
  auto input = nano_input(2);
  input.accuracy.rows = {
      {"nano-9", std::nullopt, 1.0, 10},
      {"nano-1", std::nullopt, 0.0, 10},
      {"nano-1 excerpt", std::nullopt, 0.5, 10}};

  const auto plan = make_plan(policy, input);

  EXPECT_EQ(plan.items[0].ageing.how, Ageing::kExcerpt);
  EXPECT_EQ(plan.items[0].ageing.font_size_px, 13.28);
  EXPECT_EQ(plan.items[1].ageing.how, Ageing::kResized);
  EXPECT_EQ(plan.items[0].positions, 3);
  EXPECT_EQ(plan.items[0].expected_recall, 0.5);
}

TEST(PlanTest, PooledPagesCostThePositionsOfTheirOwnMode) {
  const auto policy = policy_of(R"({
      "policy": "age_ladder",
      "ageing": {"nano-4": {"how": "pooled", "from": "nano-9"}},
      "options": {"steps": [{"mode": "nano-9", "up_to": 0},
                            {"mode": "nano-4"}]}})");

  const auto plan = make_plan(policy, nano_input(2));

  EXPECT_EQ(plan.items[0].ageing.how, Ageing::kPooled);
  EXPECT_EQ(plan.items[0].positions, 7);
  EXPECT_EQ(plan.spent, 20);
}

TEST(PlanTest, AWayToAgeThatCannotWorkIsRefused) {
  const auto expect_refused = [](const std::string& ageing,
                                 const std::string& message) {
    EXPECT_THAT(
        [&] {
          make_plan(
              policy_of(concat(
                  R"({"policy": "uniform", "options": {"mode": "nano-9"}, )",
                  R"("ageing": )",
                  ageing,
                  "}")),
              nano_input(1));
        },
        ThrowsMessage<InputError>(HasSubstr(message)));
  };

  expect_refused(
      R"({"nano-7": {}})", "ageing: no tier \"nano-7\"; this model has");
  expect_refused(R"({"text": {}})", "ageing: \"text\" has no pictures");
  expect_refused(
      R"({"nano-1": {"how": "excerpt"}})",
      "ageing.nano-1.font_size_px: expected a size from 4 to 1000, got 0");
  expect_refused(
      R"({"nano-1": {"font_size_px": 8}})",
      "no effect on a page that is resized");
  expect_refused(
      R"({"nano-4": {"how": "pooled", "from": "nano-9", "font_size_px": 8}})",
      "no effect on a page that is pooled");
  expect_refused(
      R"({"nano-4": {"how": "dropped"}})",
      "ageing.nano-4.from: a page that is dropped needs the mode");
  expect_refused(
      R"({"nano-4": {"from": "nano-9"}})",
      "ageing.nano-4.from: has no effect on a page that is resized");
  expect_refused(
      R"({"nano-4": {"how": "pooled", "from": "nano-16"}})",
      "ageing.nano-4.from: no tier \"nano-16\"");
  for (const auto* from : {"nano-1", "nano-4", "gone", "text"}) {
    expect_refused(
        concat(R"({"nano-4": {"how": "pooled", "from": ")", from, R"("}})"),
        concat("more vision tokens than nano-4, got \"", from, "\""));
  }
}

TEST(PlanTest, AWayToAgeIsKeptAsText) {
  EXPECT_EQ(ageing_text({}), "resized");
  EXPECT_EQ(
      read_ageing(ageing_text({Ageing::kPooled, 0, 0, "nano-9"}), "plan").from,
      "nano-9");
  // As in stores from before there were pooled pages.
  EXPECT_EQ(
      ageing_text({Ageing::kExcerpt, 8, 0, ""}),
      R"({"how":"excerpt","font_size_px":8.0,"line_height":0.0})");
  const AgeingConfig config{Ageing::kRedrawn, 6, 1.5, ""};
  const auto read = read_ageing(ageing_text(config), "plan");
  EXPECT_EQ(read.how, config.how);
  EXPECT_EQ(read.font_size_px, config.font_size_px);
  EXPECT_EQ(read.line_height, config.line_height);
}

TEST(PlanTest, ThePagesOfAPictureAreKeptAsText) {
  const AgeingConfig config{Ageing::kRedrawn, 6, 1.5, ""};
  const auto text = ageing_text(config, {3, 4});

  EXPECT_EQ(read_ageing(text, "plan").font_size_px, 6);
  EXPECT_THAT(read_merged_pages(text, "plan"), ElementsAre(3, 4));
  EXPECT_THAT(read_merged_pages("resized", "plan"), ElementsAre());
  EXPECT_THAT(read_merged_pages(ageing_text(config), "plan"), ElementsAre());
  EXPECT_EQ(aged_mode_name("nano-9", text), "nano-9 redrawn, 2 pages");
  EXPECT_EQ(aged_mode_name("nano-9", "resized"), "nano-9");
}

TEST(PlanTest, ABudgetOfOnePositionGivesAPlanWithoutPages) {
  auto input = nano_input(40);
  input.budget = 1;

  EXPECT_EQ(make_plan(default_policy(input.modes), input).spent, 0);
}

TEST(PlanTest, APolicyMayRefuseToDropPages) {
  auto input = nano_input(4);
  input.budget = 30;
  auto policy = uniform("nano-9");
  policy.config.over_budget = OverBudget::kRefuse;

  EXPECT_THAT(
      [&] { make_plan(policy, input); },
      ThrowsMessage<InputError>(HasSubstr(
          "p.json: the plan needs 52 positions, and the budget has 30")));
}

TEST(PlanTest, PinnedPagesAreDroppedLast) {
  auto input = nano_input(3);
  input.pages[0].importance = 0.5;
  input.budget = 26;
  auto policy = uniform("nano-4");
  policy.config.pins = PinConfig{0.5, "nano-9"};

  const auto plan = make_plan(policy, input);

  EXPECT_THAT(modes_of(plan), ElementsAre("nano-9", "gone", "nano-4"));
  EXPECT_EQ(plan.items[0].reason, Reason::kPin);
}

TEST(PlanTest, PinsOfLessImportanceDoNotHold) {
  auto input = nano_input(2);
  input.pages[0].importance = 0.4;
  auto policy = uniform("nano-1");
  policy.config.pins = PinConfig{0.5, "nano-9"};

  EXPECT_THAT(
      modes_of(make_plan(policy, input)), ElementsAre("nano-1", "nano-1"));
}

TEST(PlanTest, AHitBringsThePageBackForSomeTurns) {
  auto input = nano_input(30);
  input.pages[0].last_hit_seq = 10;
  input.pages[1].last_hit_seq = 11;
  auto policy = uniform("nano-1");
  policy.config.promote = PromoteConfig{"nano-9", 20, 4};

  const auto plan = make_plan(policy, input);

  EXPECT_EQ(plan.items[0].mode, "nano-1");
  EXPECT_EQ(plan.items[1].mode, "nano-9");
  EXPECT_EQ(plan.items[1].reason, Reason::kHit);
}

TEST(PlanTest, OnlyTheNewestHitsPromote) {
  auto input = nano_input(4);
  input.pages[0].last_hit_seq = 4;
  input.pages[1].last_hit_seq = 3;
  input.pages[2].last_hit_seq = 2;
  auto policy = uniform("nano-1");
  policy.config.promote = PromoteConfig{"nano-9", 20, 2};

  EXPECT_THAT(
      modes_of(make_plan(policy, input)),
      ElementsAre("nano-9", "nano-9", "nano-1", "nano-1"));
}

TEST(PlanTest, ATextThatTakesNoMorePositionsReplacesThePicture) {
  auto input = nano_input(2);
  input.pages[1].text_positions = 13;

  const auto plan = make_plan(uniform("nano-9"), input);

  EXPECT_THAT(modes_of(plan), ElementsAre("nano-9", "text"));
  EXPECT_EQ(plan.items[1].reason, Reason::kCheaperText);
}

TEST(PlanTest, APlanThatNeedsMoreThanThePlainTextIsRefused) {
  auto input = nano_input(2);
  input.pages[0].text_positions = input.pages[1].text_positions = 12;
  auto policy = uniform("nano-9");
  policy.config.text_when_cheaper = false;

  EXPECT_THAT(
      [&] { make_plan(policy, input); },
      ThrowsMessage<InputError>(
          HasSubstr("needs 26 positions, and the plain text only 24")));
}

TEST(PlanTest, APlanThatNeedsMoreThanTheModelHasIsRefused) {
  auto input = nano_input(4);
  input.max_positions = 50;

  EXPECT_THAT(
      [&] { make_plan(uniform("nano-9"), input); },
      ThrowsMessage<InputError>(
          HasSubstr("needs 52 positions, and the model has 50")));
}

TEST(PlanTest, ABudgetOfZeroIsRefused) {
  auto input = nano_input(1);
  input.budget = 0;

  EXPECT_THAT(
      [&] { make_plan(uniform("nano-9"), input); },
      ThrowsMessage<InputError>(HasSubstr("must be at least 1 position")));
}

TEST(PlanTest, AConversationWithoutPagesIsRefused) {
  EXPECT_THAT(
      [] { make_plan(uniform("nano-9"), nano_input(0)); },
      ThrowsMessage<InputError>(HasSubstr("no sealed pages")));
}

TEST(PlanTest, AClockThatRunsBackwardsIsRefused) {
  auto input = nano_input(5);
  input.now_seq = 4;

  EXPECT_THAT(
      [&] { make_plan(uniform("nano-9"), input); },
      ThrowsMessage<InputError>(HasSubstr(
          "the clock runs backwards: now is turn 4, and page 105 has turn 5")));
}

TEST(PlanTest, AHitAfterNowIsRefused) {
  auto input = nano_input(2);
  input.pages[0].last_hit_seq = 3;

  EXPECT_THAT(
      [&] { make_plan(uniform("nano-9"), input); },
      ThrowsMessage<InputError>(HasSubstr("was used at turn 3")));
}

TEST(PlanTest, AnUnknownTierIsNamedWithThoseOfTheModel) {
  EXPECT_THAT(
      [] { make_plan(uniform("nano-8"), nano_input(1)); },
      ThrowsMessage<InputError>(HasSubstr(
          "p.json: options.mode: no tier \"nano-8\"; this model has gone, "
          "nano-1, nano-4, nano-9, text; did you mean")));
}

TEST(PlanTest, AnUnknownTierOfAPinIsNamed) {
  auto policy = uniform("nano-9");
  policy.config.pins = PinConfig{0, "large"};

  EXPECT_THAT(
      [&] { make_plan(policy, nano_input(1)); },
      ThrowsMessage<InputError>(HasSubstr("pins.at_least: no tier \"large\"")));
}

} // namespace
} // namespace microfiche::memory
