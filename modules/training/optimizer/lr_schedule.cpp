#include "training/optimizer/lr_schedule.h"

#include "core/config.h"
#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace microfiche::training {

void validate(const ScheduleConfig& config, const std::string& where) {
  check(
      config.warmup_steps >= 0,
      where,
      ".warmup_steps: must not be negative, got ",
      config.warmup_steps);
  check_fraction(config.decay_fraction, "decay_fraction", where);
  check_fraction(config.final_factor, "final_factor", where);
  check(
      config.drop_factor > 0 && config.drop_factor <= 1,
      where,
      ".drop_factor: must be above 0 and at most 1, got ",
      config.drop_factor);
  for (const double at : config.drops_at) {
    check_fraction(at, "drops_at", where);
  }
}

double learning_rate_factor(
    const ScheduleConfig& config,
    int64_t step,
    int64_t steps) {
  if (step < config.warmup_steps) {
    return static_cast<double>(step + 1) /
        static_cast<double>(config.warmup_steps);
  }
  // The fraction of the decay that is done, [0, 1).
  const auto progress = [&](double first) {
    return std::clamp((step - first) / std::max(steps - first, 1.0), 0.0, 1.0);
  };
  const double fall = 1 - config.final_factor;
  switch (config.decay) {
    case Decay::kNone:
      return 1;
    case Decay::kLinear: {
      const double first = std::max(
          steps * (1 - config.decay_fraction),
          static_cast<double>(config.warmup_steps));
      return 1 - fall * progress(first);
    }
    case Decay::kSteps: {
      const auto drops = std::count_if(
          config.drops_at.begin(), config.drops_at.end(), [&](double at) {
            return static_cast<double>(step) >= at * static_cast<double>(steps);
          });
      return std::pow(config.drop_factor, drops);
    }
    case Decay::kCosine: {
      const double angle =
          std::numbers::pi * progress(static_cast<double>(config.warmup_steps));
      return 1 - fall * (1 - std::cos(angle)) / 2;
    }
  }
  return 1;
}

} // namespace microfiche::training
