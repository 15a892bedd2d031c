#include "metrics/forgetting.h"

#include "core/error.h"
#include "tests/metrics/goldens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace microfiche::metrics {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

ForgettingOptions without_interval(double floor = 0) {
  ForgettingOptions options;
  options.floor = floor;
  options.resamples = 0;
  return options;
}

ForgettingForm form_of(const std::string& name) {
  for (const auto form :
       {ForgettingForm::kExponential,
        ForgettingForm::kPower,
        ForgettingForm::kWeibull,
        ForgettingForm::kPsychometric}) {
    if (name == name_of(form)) {
      return form;
    }
  }
  ADD_FAILURE() << name;
  return ForgettingForm::kStep;
}

/// Ages with 100 probes each and these numbers of correct answers.
std::vector<AgeCount> counts_of(
    const std::vector<int64_t>& correct,
    const std::vector<int64_t>& levels = {},
    int64_t conversation = 0) {
  std::vector<AgeCount> counts;
  for (size_t age = 0; age < correct.size(); ++age) {
    AgeCount count;
    count.conversation = conversation;
    count.age = static_cast<double>(age);
    count.level = levels.empty() ? static_cast<int64_t>(age) : levels[age];
    count.probes = 100;
    count.correct = correct[age];
    counts.push_back(count);
  }
  return counts;
}

TEST(ForgettingTest, FindsTheLikelihoodsAndHalfLivesOfScipy) {
  int lines = 0;
  for (const auto& line : read_goldens("forgetting.jsonl")) {
    std::vector<AgeCount> counts;
    for (size_t i = 0; i < line["age"].size(); ++i) {
      counts.push_back(
          {0,
           line["age"][i],
           line["density"][i],
           0,
           line["probes"],
           line["correct"][i]});
    }
    const auto trace = line.dump();

    const auto fit = fit_forgetting(
        counts, form_of(line["form"]), without_interval(line["floor"]));

    // Where parameters trade off, the likelihood is flat.
    EXPECT_NEAR(fit.log_likelihood, line["log_likelihood"], 2e-3) << trace;
    EXPECT_NEAR(fit.aicc, line["aicc"], 4e-3) << trace;
    if (line["form"] == line["truth"] && !line["half_life"].is_null()) {
      const double half_life = line["half_life"];
      EXPECT_NEAR(fit.half_life, half_life, 0.005 * half_life) << trace;
    }
    ++lines;
  }
  EXPECT_EQ(lines, 20);
}

TEST(ForgettingTest, ALevelOfTheStepIsItsShareAboveTheFloor) {
  const auto fit = fit_forgetting(
      counts_of({90, 80, 30, 10}, {2, 2, 1, 0}),
      ForgettingForm::kStep,
      without_interval(0.2));

  // By hand: (.85 - .2) / .8 and (.3 - .2) / .8; the last level is the floor.
  ASSERT_THAT(fit.parameters, SizeIs(3));
  EXPECT_DOUBLE_EQ(fit.parameters[2], 0.65 / 0.8);
  EXPECT_NEAR(fit.parameters[1], 0.1 / 0.8, 1e-12);
  EXPECT_DOUBLE_EQ(fit.parameters[0], 0);
  EXPECT_NEAR(
      fit.log_likelihood,
      170 * std::log(0.85) + 30 * std::log(0.15) + 30 * std::log(0.3) +
          70 * std::log(0.7) + 10 * std::log(0.2) + 90 * std::log(0.8),
      1e-9);
  EXPECT_NEAR(fit.aicc, 6 - 2 * fit.log_likelihood + 24 / 396.0, 1e-9);
  EXPECT_DOUBLE_EQ(fit.half_life, 2);
}

TEST(ForgettingTest, ACurveThatStaysHighHasNoHalfLife) {
  const auto fit = fit_forgetting(
      counts_of({90, 85, 80, 88}), ForgettingForm::kStep, without_interval());

  EXPECT_TRUE(std::isinf(fit.half_life));
  EXPECT_FALSE(fit.extrapolated);
}

TEST(ForgettingTest, AHalfLifeBeyondTheDataIsMarked) {
  const auto fit = fit_forgetting(
      counts_of({90, 85, 80, 76}),
      ForgettingForm::kExponential,
      without_interval());

  EXPECT_GT(fit.half_life, 3);
  EXPECT_TRUE(fit.extrapolated);
}

TEST(ForgettingTest, TheStepWinsOnACliff) {
  const auto fits = fit_forgetting(
      counts_of({95, 96, 94, 95, 5, 4, 6, 5}, {1, 1, 1, 1, 0, 0, 0, 0}),
      without_interval());

  EXPECT_EQ(fits.front().form, ForgettingForm::kStep);
  EXPECT_DOUBLE_EQ(fits.front().half_life, 4);
}

TEST(ForgettingTest, TheStepIsFittedEvenWhereItLoses) {
  const auto fits = fit_forgetting(
      counts_of({90, 74, 60, 49, 40, 33, 27, 22, 18, 15}), without_interval());

  EXPECT_EQ(fits.front().form, ForgettingForm::kExponential);
  EXPECT_THAT(
      fits, Contains(Field(&ForgettingFit::form, ForgettingForm::kStep)));
}

TEST(ForgettingTest, WithoutDensitiesThereIsNoPsychometricCurve) {
  EXPECT_THAT(
      fit_forgetting(counts_of({90, 50, 20}), without_interval()),
      Not(Contains(
          Field(&ForgettingFit::form, ForgettingForm::kPsychometric))));
}

TEST(ForgettingTest, ThePsychometricHalfLifeIsTheAgeOfItsDensity) {
  auto counts = counts_of({98, 97, 90, 50, 10, 3, 2});
  for (auto& count : counts) {
    count.density = 2 * count.age;
  }

  const auto fit =
      fit_forgetting(counts, ForgettingForm::kPsychometric, without_interval());

  EXPECT_NEAR(fit.parameters[2], 6, 0.1);
  EXPECT_NEAR(fit.half_life, 3, 0.05);
}

TEST(ForgettingTest, TheIntervalComesFromConversations) {
  // Equal conversations leave nothing to chance; unequal ones do, although the
  // sums are the same.
  std::vector<AgeCount> equal;
  std::vector<AgeCount> unequal;
  for (int64_t i = 0; i < 10; ++i) {
    for (const auto& count : counts_of({80, 40, 20, 10}, {}, i)) {
      equal.push_back(count);
    }
    const auto correct = i % 2 == 0 ? std::vector<int64_t>{80, 60, 35, 20}
                                    : std::vector<int64_t>{80, 20, 5, 0};
    for (const auto& count : counts_of(correct, {}, i)) {
      unequal.push_back(count);
    }
  }
  ForgettingOptions options;
  options.resamples = 200;

  const auto narrow =
      fit_forgetting(equal, ForgettingForm::kExponential, options);
  const auto wide =
      fit_forgetting(unequal, ForgettingForm::kExponential, options);

  EXPECT_NEAR(narrow.half_life, 1, 0.01);
  EXPECT_NEAR(narrow.half_life_high - narrow.half_life_low, 0, 1e-3);
  EXPECT_GT(wide.half_life_high - wide.half_life_low, 0.2);
  EXPECT_LT(wide.half_life_low, wide.half_life);
  EXPECT_GT(wide.half_life_high, wide.half_life);
}

TEST(ForgettingTest, EqualSeedsGiveEqualIntervals) {
  std::vector<AgeCount> counts;
  for (int64_t i = 0; i < 5; ++i) {
    for (const auto& count : counts_of({90 - 5 * i, 60, 30 + 5 * i}, {}, i)) {
      counts.push_back(count);
    }
  }
  ForgettingOptions options;
  options.resamples = 50;

  const auto once = fit_forgetting(counts, ForgettingForm::kWeibull, options);
  const auto twice = fit_forgetting(counts, ForgettingForm::kWeibull, options);

  EXPECT_EQ(once.half_life_low, twice.half_life_low);
  EXPECT_EQ(once.half_life_high, twice.half_life_high);
}

TEST(ForgettingTest, TheHorizonEndsBeforeTheFirstAgeBelowTheSkill) {
  const auto fit = fit_forgetting(
      counts_of({90, 80, 40, 70}), ForgettingForm::kStep, without_interval());

  EXPECT_EQ(horizon(fit, 0.5), 1);
  EXPECT_EQ(horizon(fit, 0.3), 3);
  EXPECT_EQ(horizon(fit, 0.95), std::nullopt);
}

TEST(ForgettingTest, WithoutProbesThereIsNoCurve) {
  EXPECT_THAT(
      [] { fit_forgetting({}, ForgettingForm::kStep); },
      ThrowsMessage<InputError>(HasSubstr("there are no probes")));
}

TEST(ForgettingTest, MoreCorrectAnswersThanProbesAreRefused) {
  EXPECT_THAT(
      [] { fit_forgetting(counts_of({101}), ForgettingForm::kStep); },
      ThrowsMessage<InputError>(HasSubstr("got 101 of 100 at the age 0")));
}

TEST(ForgettingTest, AFloorOfOneLeavesNothingToFit) {
  EXPECT_THAT(
      [] {
        fit_forgetting(
            counts_of({50}), ForgettingForm::kStep, without_interval(1));
      },
      ThrowsMessage<InputError>(HasSubstr("must lie in [0, 1), got 1")));
}

} // namespace
} // namespace microfiche::metrics
