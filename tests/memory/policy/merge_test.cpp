#include "core/error.h"
#include "tests/memory/policy/plans.h"

#include <utility>

// The policy "merge": several old pages on one picture.

namespace microfiche::memory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using tests::modes_of;
using tests::nano_input;
using tests::policy_of;

/// The newest pages alone, then pairs, then four on a picture.
Policy merging_policy(const std::string& more = "") {
  return policy_of(concat(
      R"({"policy": "merge", )",
      more,
      R"("options": {"steps": [
          {"mode": "nano-9", "up_to": 1},
          {"mode": "nano-9", "up_to": 5, "pages": 2,
           "ageing": {"how": "redrawn", "font_size_px": 8}},
          {"mode": "nano-4", "up_to": 9, "pages": 4,
           "ageing": {"how": "excerpt", "font_size_px": 13.28}}]}})"));
}

/// Positions of each page, and how many pages its picture has.
std::vector<std::pair<int64_t, size_t>> pictures_of(const Plan& plan) {
  std::vector<std::pair<int64_t, size_t>> pictures;
  for (const auto& item : plan.items) {
    pictures.emplace_back(item.positions, item.merged.size());
  }
  return pictures;
}

TEST(MergeTest, OldPagesShareAPictureThatCostsItsPositionsOnce) {
  using P = std::pair<int64_t, size_t>;
  const auto plan = make_plan(merging_policy(), nano_input(12));

  // Ages 11 to 0. The four oldest have a page of at most age 9 among them.
  EXPECT_THAT(
      pictures_of(plan),
      ElementsAre(
          P(0, 4),
          P(0, 4),
          P(0, 4),
          P(7, 4),
          P(0, 2),
          P(13, 2),
          P(0, 2),
          P(13, 2),
          P(0, 2),
          P(13, 2),
          P(13, 0),
          P(13, 0)));
  EXPECT_EQ(plan.spent, 7 + 3 * 13 + 2 * 13);
  EXPECT_THAT(plan.items[1].merged, ElementsAre(101, 102, 103, 104));
  EXPECT_EQ(plan.items[1].mode, "nano-4");
  EXPECT_EQ(plan.items[1].ageing.how, Ageing::kExcerpt);
  EXPECT_EQ(plan.items[5].ageing.how, Ageing::kRedrawn);
}

TEST(MergeTest, AMergedPageNeverChangesUntilItMovesOn) {
  const auto merged_at = [](int64_t pages, size_t page) {
    return make_plan(merging_policy(), nano_input(pages)).items[page].merged;
  };

  // Page 5 (index 4) is alone, one of two, one of four, and gone.
  EXPECT_THAT(merged_at(6, 4), ElementsAre());
  EXPECT_THAT(merged_at(7, 4), ElementsAre());
  for (int64_t pages = 8; pages <= 13; ++pages) {
    EXPECT_THAT(merged_at(pages, 4), ElementsAre(105, 106)) << pages;
  }
  for (int64_t pages = 14; pages <= 17; ++pages) {
    EXPECT_THAT(merged_at(pages, 4), ElementsAre(105, 106, 107, 108)) << pages;
  }
  EXPECT_EQ(make_plan(merging_policy(), nano_input(18)).items[4].mode, "gone");
  EXPECT_EQ(make_plan(merging_policy(), nano_input(18)).items[7].mode, "gone");
}

TEST(MergeTest, PagesOfAPictureAreDroppedTogether) {
  auto input = nano_input(12);
  input.budget = 7 + 3 * 13 + 2 * 13 - 1;

  const auto plan = make_plan(merging_policy(), input);

  EXPECT_EQ(plan.spent, 3 * 13 + 2 * 13);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(plan.items[i].mode, "gone");
    EXPECT_EQ(plan.items[i].reason, Reason::kBudget);
    EXPECT_THAT(plan.items[i].merged, ElementsAre());
  }
  EXPECT_EQ(plan.items[4].mode, "nano-9");
}

TEST(MergeTest, APinnedPageStaysOnItsPictureAndHasOneOfItsOwn) {
  using P = std::pair<int64_t, size_t>;
  auto input = nano_input(8);
  input.pages[5].importance = 1;

  const auto plan = make_plan(
      merging_policy(R"("pins": {"importance": 1, "at_least": "nano-4"}, )"),
      input);

  EXPECT_THAT(plan.items[4].merged, ElementsAre(105, 106));
  EXPECT_EQ(pictures_of(plan)[4], P(13, 2));
  EXPECT_EQ(pictures_of(plan)[5], P(13, 0));
  EXPECT_EQ(plan.items[5].reason, Reason::kPolicy);
  EXPECT_EQ(plan.items[5].ageing.how, Ageing::kResized);
}

TEST(MergeTest, TheTextOfAllPagesOfAPictureMayBeCheaper) {
  auto input = nano_input(8);
  for (auto& page : input.pages) {
    page.text_positions = 6;
  }
  input.pages[3].text_positions = 8;

  const auto plan = make_plan(merging_policy(), input);

  // Two texts take 12 positions or 14, a picture takes 13.
  EXPECT_THAT(
      modes_of(plan),
      ElementsAre(
          "text", "text", "nano-9", "nano-9", "text", "text", "text", "text"));
  EXPECT_EQ(plan.items[0].reason, Reason::kCheaperText);
}

TEST(MergeTest, RecallOfMergedPagesIsThatOfTheirOwnRow) {
  auto input = nano_input(8);
  input.accuracy.rows = {
      {"nano-9", std::nullopt, 1.0, 10},
      {"nano-9 redrawn, 2 pages",
       std::pair<int64_t, int64_t>(200, 201),
       0.5,
       1},
      {"nano-4 excerpt, 4 pages", std::nullopt, 0.25, 10}};

  const auto plan = make_plan(merging_policy(), input);

  EXPECT_EQ(plan.items[0].expected_recall, 0.5);
  EXPECT_EQ(plan.items[7].expected_recall, 1.0);
}

TEST(MergeTest, StepsThatCannotMergeAreRefused) {
  const auto expect_refused = [](const std::string& steps,
                                 const std::string& message) {
    EXPECT_THAT(
        [&] {
          make_plan(
              policy_of(concat(
                  R"({"policy": "merge", "options": {"steps": )", steps, "}}")),
              nano_input(8));
        },
        ThrowsMessage<InputError>(HasSubstr(message)));
  };
  const std::string first = R"([{"mode": "nano-9", "up_to": 1}, )";
  const std::string drawn =
      R"("ageing": {"how": "excerpt", "font_size_px": 8}})";

  expect_refused("[]", "options.steps: expected at least one step");
  expect_refused(
      concat(R"([{"mode": "nano-9", "pages": 2, )", drawn, "]"),
      "steps[0].pages: the youngest pages cannot be merged");
  expect_refused(
      first + R"({"mode": "nano-9", "pages": 2}])",
      "steps[1].ageing: several pages on one picture are drawn again");
  expect_refused(
      concat(
          first,
          R"({"mode": "nano-9", "pages": 2, "ageing": )",
          R"({"how": "pooled", "from": "nano-9"}}])"),
      "steps[1].ageing: several pages on one picture are drawn again");
  expect_refused(
      concat(first, R"({"mode": "nano-9", )", drawn, "]"),
      "steps[1].ageing: has no effect on a page alone");
  expect_refused(
      concat(
          first,
          R"({"mode": "nano-9", "up_to": 4, "pages": 2, )",
          drawn,
          R"(, {"mode": "nano-9", "pages": 3, )",
          drawn,
          "]"),
      "steps[2].pages: expected a multiple of 2");
  expect_refused(
      concat(first, R"({"mode": "text", "pages": 2, )", drawn, "]"),
      "options.steps[1].mode: \"text\" has no pictures");
}

} // namespace
} // namespace microfiche::memory
