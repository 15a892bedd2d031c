#include "metrics/forgetting.h"

#include "core/error.h"
#include "core/random.h"
#include "metrics/forgetting_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

namespace microfiche::metrics {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

using Group = ForgettingGroup;

constexpr ForgettingForm kForms[] = {
    ForgettingForm::kStep,
    ForgettingForm::kExponential,
    ForgettingForm::kPower,
    ForgettingForm::kWeibull,
    ForgettingForm::kPsychometric};

std::vector<Group> group(const std::vector<AgeCount>& counts) {
  std::map<std::tuple<double, double, int64_t>, Group> groups;
  for (const auto& count : counts) {
    auto& found = groups[{count.age, count.density, count.level}];
    found.age = count.age;
    found.density = count.density;
    found.level = count.level;
    found.probes += static_cast<double>(count.probes);
    found.correct += static_cast<double>(count.correct);
  }
  std::vector<Group> list;
  for (const auto& [key, value] : groups) {
    if (value.probes > 0) {
      list.push_back(value);
    }
  }
  return list;
}

/// The skill of each level, no lower than the floor.
std::map<int64_t, double> fit_levels(
    const std::vector<Group>& groups,
    double floor) {
  std::map<int64_t, std::pair<double, double>> sums;
  for (const auto& value : groups) {
    sums[value.level].first += value.correct;
    sums[value.level].second += value.probes;
  }
  std::map<int64_t, double> skills;
  for (const auto& [level, sum] : sums) {
    skills[level] =
        std::max(0.0, (sum.first / sum.second - floor) / (1 - floor));
  }
  return skills;
}

/// The mean over the probes of each age.
std::vector<SkillAtAge> by_age(
    const std::vector<Group>& groups,
    const auto& value_of) {
  std::map<double, std::pair<double, double>> sums;
  for (const auto& value : groups) {
    sums[value.age].first += value.probes * value_of(value);
    sums[value.age].second += value.probes;
  }
  std::vector<SkillAtAge> list;
  for (const auto& [age, sum] : sums) {
    list.push_back({age, sum.first / sum.second});
  }
  return list;
}

/// The first age at which a rising value reaches `target`, interpolated.
double first_crossing(const std::vector<SkillAtAge>& rising, double target) {
  for (size_t i = 0; i < rising.size(); ++i) {
    if (rising[i].skill >= target) {
      if (i == 0) {
        return rising[i].age;
      }
      const auto& before = rising[i - 1];
      const double share =
          (target - before.skill) / (rising[i].skill - before.skill);
      return std::lerp(before.age, rising[i].age, share);
    }
  }
  return kNever;
}

double half_life_of(
    ForgettingForm form,
    const std::vector<double>& p,
    const std::vector<Group>& groups,
    const std::vector<SkillAtAge>& skills) {
  switch (form) {
    case ForgettingForm::kExponential:
      return p[1] * std::log(2.0);
    case ForgettingForm::kPower:
      return std::expm1(std::log(2.0) / p[2]) / p[1];
    case ForgettingForm::kWeibull:
      return p[1] * std::pow(std::log(2.0), 1 / p[2]);
    case ForgettingForm::kPsychometric:
      return first_crossing(
          by_age(groups, [](const Group& value) { return value.density; }),
          p[2]);
    case ForgettingForm::kStep:
      break;
  }
  for (const auto& [age, skill] : skills) {
    if (skill < skills.front().skill / 2) {
      return age;
    }
  }
  return kNever;
}

/// A fit without its interval. `warm` is a start near the solution; without it,
/// several are tried.
ForgettingFit fit_groups(
    ForgettingForm form,
    const std::vector<Group>& groups,
    double floor,
    std::vector<double>& warm) {
  ForgettingFit fit;
  fit.form = form;
  if (form == ForgettingForm::kStep) {
    const auto levels = fit_levels(groups, floor);
    for (const auto& [level, skill] : levels) {
      fit.parameters.push_back(skill);
    }
    for (const auto& value : groups) {
      fit.log_likelihood += binomial_log_likelihood(
          value.correct,
          value.probes,
          floor + (1 - floor) * levels.at(value.level));
    }
    fit.skills = by_age(
        groups, [&](const Group& value) { return levels.at(value.level); });
  } else {
    const auto found = fit_smooth_curve(
        form,
        groups,
        floor,
        warm.empty() ? curve_starts(form, groups)
                     : std::vector<std::vector<double>>{warm});
    warm = found.t;
    fit.parameters = curve_parameters(form, found.t);
    fit.log_likelihood = found.log_likelihood;
    fit.skills = by_age(groups, [&](const Group& value) {
      return curve_skill(form, fit.parameters, value.age, value.density);
    });
  }
  double probes = 0;
  for (const auto& value : groups) {
    probes += value.probes;
  }
  const auto k = static_cast<double>(fit.parameters.size());
  fit.aicc = probes > k + 1
      ? 2 * k - 2 * fit.log_likelihood + 2 * k * (k + 1) / (probes - k - 1)
      : kNever;
  fit.half_life = half_life_of(form, fit.parameters, groups, fit.skills);
  fit.extrapolated =
      std::isfinite(fit.half_life) && fit.half_life > fit.skills.back().age;
  return fit;
}

/// Half-lives of samples of conversations.
void add_interval(
    ForgettingFit& fit,
    const std::vector<AgeCount>& counts,
    const ForgettingOptions& options,
    const std::vector<double>& warm) {
  std::map<int64_t, std::vector<AgeCount>> conversations;
  for (const auto& count : counts) {
    conversations[count.conversation].push_back(count);
  }
  std::vector<const std::vector<AgeCount>*> list;
  for (const auto& [id, rows] : conversations) {
    list.push_back(&rows);
  }
  std::vector<double> half_lives;
  RandomStream random(options.seed, "forgetting");
  for (int64_t i = 0; i < options.resamples; ++i) {
    std::vector<AgeCount> sample;
    for (size_t draw = 0; draw < list.size(); ++draw) {
      const auto& rows = *list[random.below(list.size())];
      sample.insert(sample.end(), rows.begin(), rows.end());
    }
    const auto groups = group(sample);
    if (groups.empty()) {
      continue;
    }
    auto start = warm;
    half_lives.push_back(
        fit_groups(fit.form, groups, options.floor, start).half_life);
  }
  fit.half_life_low = fit.half_life_high =
      std::numeric_limits<double>::quiet_NaN();
  if (half_lives.empty()) {
    return;
  }
  std::sort(half_lives.begin(), half_lives.end());
  // The nearest values: there is nothing between a number and infinity.
  const auto at = [&](double quantile) {
    return half_lives[static_cast<size_t>(
        std::lround(quantile * static_cast<double>(half_lives.size() - 1)))];
  };
  fit.half_life_low = at(0.025);
  fit.half_life_high = at(0.975);
}

void check_counts(
    const std::vector<AgeCount>& counts,
    const ForgettingOptions& options) {
  check(
      options.floor >= 0 && options.floor < 1,
      "forgetting: the floor must lie in [0, 1), got ",
      options.floor);
  int64_t probes = 0;
  for (const auto& count : counts) {
    check(
        0 <= count.correct && count.correct <= count.probes,
        "forgetting: expected 0 <= correct <= probes, got ",
        count.correct,
        " of ",
        count.probes,
        " at the age ",
        count.age);
    check(
        count.age >= 0 && std::isfinite(count.age) &&
            std::isfinite(count.density),
        "forgetting: ages must be finite and at least 0, and densities "
        "finite, got ",
        count.age,
        " and ",
        count.density);
    probes += count.probes;
  }
  check(probes > 0, "forgetting: there are no probes");
}

} // namespace

std::string_view name_of(ForgettingForm form) {
  switch (form) {
    case ForgettingForm::kStep:
      return "step";
    case ForgettingForm::kExponential:
      return "exponential";
    case ForgettingForm::kPower:
      return "power";
    case ForgettingForm::kWeibull:
      return "weibull";
    case ForgettingForm::kPsychometric:
      return "psychometric";
  }
  return "";
}

ForgettingFit fit_forgetting(
    const std::vector<AgeCount>& counts,
    ForgettingForm form,
    const ForgettingOptions& options) {
  check_counts(counts, options);
  std::vector<double> warm;
  auto fit = fit_groups(form, group(counts), options.floor, warm);
  add_interval(fit, counts, options, warm);
  return fit;
}

std::vector<ForgettingFit> fit_forgetting(
    const std::vector<AgeCount>& counts,
    const ForgettingOptions& options) {
  check_counts(counts, options);
  const auto groups = group(counts);
  const bool one_density =
      std::all_of(groups.begin(), groups.end(), [&](const Group& value) {
        return value.density == groups.front().density;
      });
  std::vector<ForgettingFit> fits;
  for (const auto form : kForms) {
    if (form != ForgettingForm::kPsychometric || !one_density) {
      fits.push_back(fit_forgetting(counts, form, options));
    }
  }
  std::stable_sort(fits.begin(), fits.end(), [](const auto& a, const auto& b) {
    return a.aicc < b.aicc;
  });
  return fits;
}

std::optional<double> horizon(const ForgettingFit& fit, double skill) {
  std::optional<double> age;
  for (const auto& point : fit.skills) {
    if (point.skill < skill) {
      break;
    }
    age = point.age;
  }
  return age;
}

} // namespace microfiche::metrics
