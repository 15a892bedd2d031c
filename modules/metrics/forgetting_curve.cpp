#include "metrics/forgetting_curve.h"

#include "metrics/nelder_mead.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace microfiche::metrics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

} // namespace

double binomial_log_likelihood(double correct, double probes, double p) {
  const auto term = [](double count, double probability) {
    return count > 0 ? count * std::log(probability) : 0.0;
  };
  return term(correct, p) + term(probes - correct, 1 - p);
}

std::vector<double> curve_parameters(
    ForgettingForm form,
    const std::vector<double>& t) {
  std::vector<double> parameters = {1 / (1 + std::exp(-t[0]))};
  for (size_t i = 1; i < t.size(); ++i) {
    parameters.push_back(std::exp(t[i]));
  }
  if (form == ForgettingForm::kPower) {
    parameters[1] = std::exp(t[1] - t[2]);
  } else if (form == ForgettingForm::kPsychometric) {
    parameters[2] = t[2];
  }
  return parameters;
}

double curve_skill(
    ForgettingForm form,
    const std::vector<double>& p,
    double age,
    double density) {
  switch (form) {
    case ForgettingForm::kExponential:
      return p[0] * std::exp(-age / p[1]);
    case ForgettingForm::kPower:
      return p[0] * std::exp(-p[2] * std::log1p(p[1] * age));
    case ForgettingForm::kWeibull:
      return p[0] * std::exp(-std::pow(age / p[1], p[2]));
    case ForgettingForm::kPsychometric:
      return p[0] / (1 + std::exp(p[1] * (density - p[2])));
    case ForgettingForm::kStep:
      break;
  }
  return 0;
}

std::vector<std::vector<double>> curve_starts(
    ForgettingForm form,
    const std::vector<ForgettingGroup>& groups) {
  double oldest = 1e-3;
  double thinnest = groups.front().density;
  double densest = groups.front().density;
  for (const auto& value : groups) {
    oldest = std::max(oldest, value.age);
    thinnest = std::min(thinnest, value.density);
    densest = std::max(densest, value.density);
  }
  std::vector<std::vector<double>> starts;
  for (const double share : {0.1, 0.4, 1.0, 4.0}) {
    const double scale = std::log(share * oldest);
    switch (form) {
      case ForgettingForm::kExponential:
        starts.push_back({2, scale});
        break;
      case ForgettingForm::kPower:
        starts.push_back({2, -scale, 0});
        starts.push_back({2, -scale, 3});
        break;
      case ForgettingForm::kWeibull:
        starts.push_back({2, scale, 0});
        starts.push_back({2, scale, 1.5});
        break;
      case ForgettingForm::kPsychometric:
        starts.push_back(
            {2, std::log(8 * share), std::lerp(thinnest, densest, share / 4)});
        starts.push_back(
            {2, std::log(4.0), std::lerp(thinnest, densest, 1.1 - share / 4)});
        break;
      case ForgettingForm::kStep:
        break;
    }
  }
  return starts;
}

SmoothFit fit_smooth_curve(
    ForgettingForm form,
    const std::vector<ForgettingGroup>& groups,
    double floor,
    const std::vector<std::vector<double>>& starts) {
  const auto loss = [&](const std::vector<double>& t) {
    const auto parameters = curve_parameters(form, t);
    double sum = 0;
    for (const auto& value : groups) {
      const double skill =
          curve_skill(form, parameters, value.age, value.density);
      sum -= binomial_log_likelihood(
          value.correct, value.probes, floor + (1 - floor) * skill);
    }
    return std::isnan(sum) ? kInfinity : sum;
  };
  Minimum best{{}, kInfinity};
  for (const auto& start : starts) {
    auto found = minimize(loss, start);
    // Once more from there: a simplex may have collapsed on its way.
    found = minimize(loss, found.point, 0.2);
    if (best.point.empty() || found.value < best.value) {
      best = std::move(found);
    }
  }
  return {best.point, -best.value};
}

} // namespace microfiche::metrics
