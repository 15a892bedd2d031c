#include "memory/policy/age.h"

#include "core/error.h"
#include "memory/policy/plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace microfiche::memory {

std::vector<int64_t> ages_of(
    const AgeConfig& config,
    std::span<const PageState> pages,
    int64_t now_seq) {
  // Where each page ends, on the clock of the unit.
  std::vector<int64_t> ends;
  int64_t tokens = 0;
  for (const auto& page : pages) {
    tokens += page.text_positions;
    switch (config.unit) {
      case AgeUnit::kPages:
        ends.push_back(static_cast<int64_t>(ends.size()) + 1);
        break;
      case AgeUnit::kTurns:
        ends.push_back(page.last_seq);
        break;
      case AgeUnit::kTextTokens:
        ends.push_back(tokens);
        break;
    }
  }
  if (ends.empty()) {
    return ends;
  }
  int64_t now = config.unit == AgeUnit::kTurns ? now_seq : ends.back();
  now -= now % config.quantum;
  for (auto& end : ends) {
    end = std::max<int64_t>(0, now - end);
  }
  return ends;
}

std::vector<double> weights_of(
    const WeightConfig& config,
    std::span<const int64_t> ages) {
  std::vector<double> weights;
  // From the youngest page on, so that the weights of old pages do not
  // underflow together.
  const int64_t youngest =
      ages.empty() ? 0 : *std::min_element(ages.begin(), ages.end());
  for (const int64_t age : ages) {
    switch (config.form) {
      case WeightForm::kUniform:
        weights.push_back(1);
        break;
      case WeightForm::kExponential:
        weights.push_back(
            std::exp2(static_cast<double>(youngest - age) / config.half_life));
        break;
      case WeightForm::kPower:
        weights.push_back(
            std::pow(1 + static_cast<double>(age), -config.exponent));
        break;
    }
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (auto& weight : weights) {
    weight /= sum;
  }
  return weights;
}

void check_steps(
    const std::vector<std::optional<int64_t>>& up_to,
    const std::string& where) {
  check(!up_to.empty(), where, ": expected at least one step");
  int64_t last = -1;
  for (size_t i = 0; i < up_to.size(); ++i) {
    check(
        up_to[i] || i + 1 == up_to.size(),
        where,
        "[",
        i,
        "].up_to: only the last step may have none");
    check(
        !up_to[i] || *up_to[i] > last,
        where,
        "[",
        i,
        "].up_to: must be above ",
        last,
        ", got ",
        up_to[i].value_or(0));
    last = up_to[i].value_or(last);
  }
}

size_t step_of_age(
    const std::vector<std::optional<int64_t>>& up_to,
    int64_t age) {
  size_t step = 0;
  while (step < up_to.size() && up_to[step] && *up_to[step] < age) {
    ++step;
  }
  return step;
}

void validate(const AgeConfig& config, const std::string& where) {
  check(
      config.quantum >= 1,
      where,
      ".quantum: must be at least 1, got ",
      config.quantum);
}

void validate(const WeightConfig& config, const std::string& where) {
  check(
      config.half_life > 0,
      where,
      ".half_life: must be positive, got ",
      config.half_life);
  check(
      config.exponent > 0,
      where,
      ".exponent: must be positive, got ",
      config.exponent);
}

} // namespace microfiche::memory
