#include "core/random.h"
#include "memory/policy/choices.h"
#include "tests/memory/policy/plans.h"

#include <algorithm>
#include <filesystem>

namespace microfiche::memory {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using tests::modes_of;
using tests::nano_input;
using tests::policy_of;

TEST(PoliciesTest, AnAgeLadderGoesDownWithAge) {
  const auto policy = policy_of(
      R"({"policy": "age_ladder",
          "options": {"steps": [{"mode": "text", "up_to": 0},
                                {"mode": "nano-9", "up_to": 2},
                                {"mode": "nano-1", "up_to": 3}]}})");

  EXPECT_THAT(
      modes_of(make_plan(policy, nano_input(6))),
      ElementsAre("gone", "gone", "nano-1", "nano-9", "nano-9", "text"));
}

TEST(PoliciesTest, AgesCountTurnsOrTextTokens) {
  auto input = nano_input(3);
  input.now_seq = 10;

  EXPECT_THAT(
      ages_of({AgeUnit::kPages, 1}, input.pages, 10), ElementsAre(2, 1, 0));
  EXPECT_THAT(
      ages_of({AgeUnit::kTurns, 1}, input.pages, 10), ElementsAre(9, 8, 7));
  EXPECT_THAT(
      ages_of({AgeUnit::kTextTokens, 1}, input.pages, 10),
      ElementsAre(200, 100, 0));
}

TEST(PoliciesTest, BetweenTwoQuantaNoOldPageChanges) {
  const auto policy = policy_of(
      R"({"policy": "age_ladder", "age": {"quantum": 4},
          "options": {"steps": [{"mode": "nano-9", "up_to": 3},
                                {"mode": "nano-4", "up_to": 7},
                                {"mode": "nano-1"}]}})");
  const auto modes = [&](int64_t pages) {
    return modes_of(make_plan(policy, nano_input(pages)));
  };
  const auto begins_with = [](std::vector<std::string> list,
                              const std::vector<std::string>& start) {
    list.resize(start.size());
    return list == start;
  };

  EXPECT_TRUE(begins_with(modes(17), modes(16)));
  EXPECT_TRUE(begins_with(modes(19), modes(16)));
  EXPECT_FALSE(begins_with(modes(20), modes(16)));
}

TEST(PoliciesTest, WeightsAreTheDistributionOfQuestions) {
  const std::vector<int64_t> ages = {3, 1, 0};

  EXPECT_THAT(weights_of({WeightForm::kUniform, 1, 1}, ages), Each(1.0 / 3));
  EXPECT_NEAR(weights_of({WeightForm::kPower, 1, 1}, ages)[2], 1 / 1.75, 1e-12);
  EXPECT_NEAR(
      weights_of({WeightForm::kExponential, 2, 1}, {ages.data(), 2})[0],
      1 / 3.0,
      1e-12);
}

/// Every assignment of tiers within the budget: the most recall.
double best_recall(const Choices& choices, size_t page, int64_t left) {
  if (page == choices.num_pages()) {
    return 0;
  }
  double best = 0;
  for (size_t tier = 0; tier < choices.num_tiers(); ++tier) {
    const int64_t positions = choices.positions(page, tier);
    if (positions <= left) {
      best = std::max(
          best,
          choices.weight(page) * *choices.recall(page, tier) +
              best_recall(choices, page + 1, left - positions));
    }
  }
  return best;
}

PlanInput random_input(RandomStream& random) {
  auto input = nano_input(random.between(1, 6));
  input.accuracy.rows = {
      {"nano-9", std::nullopt, random.uniform(), 0},
      {"nano-4", std::nullopt, random.uniform(), 0},
      {"nano-1", std::nullopt, random.uniform(), 0}};
  for (auto& page : input.pages) {
    page.text_positions = random.between(5, 60);
  }
  input.budget = random.between(1, 120);
  return input;
}

TEST(PoliciesTest, ABudgetFitMissesLessThanOneUpgradeOfTheOptimum) {
  const auto policy = policy_of(
      R"({"policy": "budget_fit",
          "weights": {"form": "power", "exponent": 0.7}})");
  RandomStream random(1, "budget fit");
  int optimal = 0;
  constexpr int kCases = 200;
  for (int i = 0; i < kCases; ++i) {
    const auto input = random_input(random);
    const Choices choices(policy, input);

    const auto plan = make_plan(policy, input);

    const double best = best_recall(choices, 0, input.budget);
    double largest = 0;
    for (size_t page = 0; page < choices.num_pages(); ++page) {
      largest = std::max(largest, choices.weight(page));
    }
    EXPECT_LE(plan.spent, input.budget);
    EXPECT_LE(*plan.expected_recall, best + 1e-12);
    EXPECT_GT(*plan.expected_recall, best - largest);
    optimal += *plan.expected_recall > best - 1e-12;
  }
  EXPECT_GT(optimal, kCases / 4);
}

TEST(PoliciesTest, ABudgetFitIsOptimalWhereTheBudgetEndsWithAnUpgrade) {
  const auto policy = policy_of(R"({"policy": "budget_fit"})");
  auto input = nano_input(5);
  input.accuracy = tests::nano_accuracy();
  // nano-1 recalls nothing; each page has the upgrades 7 and 6 more positions.
  for (const int64_t budget : {7, 14, 35, 41, 47, 65}) {
    input.budget = budget;
    const Choices choices(policy, input);

    const auto plan = make_plan(policy, input);

    EXPECT_NEAR(*plan.expected_recall, best_recall(choices, 0, budget), 1e-12);
  }
}

TEST(PoliciesTest, WithQuestionsOfAllAgesTheFitIsNoLadder) {
  const auto policy = policy_of(R"({"policy": "budget_fit"})");
  auto input = nano_input(6);
  input.accuracy = tests::nano_accuracy();
  input.budget = 6 * 7;

  EXPECT_THAT(modes_of(make_plan(policy, input)), Each("nano-4"));
}

TEST(PoliciesTest, WithQuestionsOnNewPagesTheFitIsALadder) {
  const auto policy = policy_of(
      R"({"policy": "budget_fit",
          "weights": {"form": "exponential", "half_life": 0.5}})");
  auto input = nano_input(4);
  input.accuracy = tests::nano_accuracy();
  input.budget = 33;

  EXPECT_THAT(
      modes_of(make_plan(policy, input)),
      ElementsAre("gone", "nano-4", "nano-9", "nano-9"));
}

TEST(PoliciesTest, ABudgetFitKeepsPins) {
  auto policy = policy_of(
      R"({"policy": "budget_fit", "options": {"modes": ["nano-4"]},
          "pins": {"at_least": "nano-9"}})");
  auto input = nano_input(3);
  input.accuracy = tests::nano_accuracy();
  input.pages[0].importance = 1;
  input.budget = 20;

  EXPECT_THAT(
      modes_of(make_plan(policy, input)),
      ElementsAre("nano-9", "gone", "nano-4"));
}

TEST(PoliciesTest, ABudgetFitNeedsATable) {
  EXPECT_THAT(
      [] {
        make_plan(policy_of(R"({"policy": "budget_fit"})"), nano_input(2));
      },
      ThrowsMessage<InputError>(HasSubstr("--accuracy")));
}

TEST(PoliciesTest, ATargetCurveTakesTheFewestPositionsAboveIt) {
  const auto policy = policy_of(
      R"({"policy": "target_curve",
          "options": {"curve": [{"recall": 0.9, "up_to": 0},
                                {"recall": 0.8, "up_to": 2}]}})");
  auto input = nano_input(4);
  input.accuracy = tests::nano_accuracy();

  const auto plan = make_plan(policy, input);

  EXPECT_THAT(
      modes_of(plan), ElementsAre("gone", "nano-4", "nano-4", "nano-9"));
  EXPECT_EQ(plan.spent, 27);
}

TEST(PoliciesTest, ATargetCurveAboveTheBudgetSaysWhatItNeeds) {
  const auto policy = policy_of(
      R"({"policy": "target_curve", "options": {"curve": [{"recall": 0.8}]}})");
  auto input = nano_input(4);
  input.accuracy = tests::nano_accuracy();
  input.budget = 27;

  EXPECT_THAT(
      [&] { make_plan(policy, input); },
      ThrowsMessage<InputError>(HasSubstr(
          "the wanted curve needs 28 positions, and the budget has 27")));
}

TEST(PoliciesTest, AnUnknownPolicyIsNamed) {
  EXPECT_THAT(
      [] { policy_of(R"({"policy": "unifrom"})"); },
      ThrowsMessage<InputError>(HasSubstr(
          "p.json: policy: no policy \"unifrom\"; there are age_ladder, "
          "budget_fit, merge, target_curve, uniform; did you mean \"uniform\"?")));
}

TEST(PoliciesTest, AnUnknownOptionIsNamed) {
  EXPECT_THAT(
      [] {
        policy_of(R"({"policy": "uniform", "options": {"mdoe": "nano-9"}})");
      },
      ThrowsMessage<InputError>(HasSubstr("no field named \"mdoe\"")));
}

TEST(PoliciesTest, StepsOfALadderMustRise) {
  EXPECT_THAT(
      [] {
        policy_of(
            R"({"policy": "age_ladder",
                "options": {"steps": [{"mode": "nano-9", "up_to": 3},
                                      {"mode": "nano-4", "up_to": 3}]}})");
      },
      ThrowsMessage<InputError>(
          HasSubstr("options.steps[1].up_to: must be above 3, got 3")));
}

TEST(PoliciesTest, AQuantumOfZeroIsRefused) {
  EXPECT_THAT(
      [] {
        policy_of(
            R"({"policy": "uniform", "options": {"mode": "nano-9"},
                "age": {"quantum": 0}})");
      },
      ThrowsMessage<InputError>(HasSubstr("age.quantum: must be at least 1")));
}

TEST(PoliciesTest, OverlappingRowsOfAnAccuracyTableAreRefused) {
  EXPECT_THAT(
      [] {
        read_config<AccuracyTable>(
            parse_json(
                R"({"rows": [
                     {"mode": "nano-9", "text_tokens": [0, 50], "recall": 1},
                     {"mode": "nano-9", "text_tokens": [49, 80], "recall": 1}
                   ]})",
                "t.json"),
            "t.json");
      },
      ThrowsMessage<InputError>(HasSubstr("rows[1]: rows[0] has the mode")));
}

TEST(PoliciesTest, EveryPresetIsAPolicy) {
  int presets = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           MICROFICHE_SOURCE_DIR "/configs/memory")) {
    EXPECT_NO_THROW(load_policy(entry.path())) << entry.path();
    ++presets;
  }
  EXPECT_GT(presets, 0);
}

} // namespace
} // namespace microfiche::memory
