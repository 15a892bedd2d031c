#pragma once

#include "core/json.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::training {

/// How the learning rate falls after the warm-up.
enum class Decay {
  /// Constant.
  kNone,
  /// Constant, then linear over the last part of the stage
  /// ("warm-up, stable, decay").
  kLinear,
  /// Half a cosine over everything after the warm-up.
  kCosine,
  /// Constant but for a few drops ("step-based").
  kSteps,
};

NLOHMANN_JSON_SERIALIZE_ENUM(
    Decay,
    {{Decay::kNone, "none"},
     {Decay::kLinear, "linear"},
     {Decay::kCosine, "cosine"},
     {Decay::kSteps, "steps"}})

/// The learning-rate schedule of a stage, as a factor on every rate.
struct ScheduleConfig {
  /// Steps at the start of the stage over which the factor rises linearly to 1.
  int64_t warmup_steps = 0;

  /// The factor after the warm-up: "none" keeps it at 1; "linear" falls over
  /// the last `decay_fraction` of the steps; "cosine" falls over all steps
  /// after the warm-up; "steps" falls at each of `drops_at`.
  Decay decay = Decay::kLinear;

  /// Fraction of the stage's steps, at its end, over which a "linear" decay
  /// happens.
  double decay_fraction = 0.4;

  /// The factor after the last step of a "linear" or "cosine" decay, from 0 to
  /// 1.
  double final_factor = 0;

  /// Fractions of the stage's steps at which "steps" multiplies the factor by
  /// `drop_factor`.
  std::vector<double> drops_at = {0.8, 0.9};

  /// What the decay "steps" multiplies the factor by at each drop; above 0 and
  /// at most 1.
  double drop_factor = 0.316;
};

/// Throws `InputError` for fractions outside [0, 1] and negative steps.
void validate(const ScheduleConfig& config, const std::string& where);

/// The factor of step `step` in [0, steps). The first step of a warm-up has
/// 1 / warmup_steps, so that it has an effect.
double
learning_rate_factor(const ScheduleConfig& config, int64_t step, int64_t steps);

template <typename Visitor>
void visit_fields(Visitor&& visit, ScheduleConfig& config) {
  visit("warmup_steps", config.warmup_steps);
  visit("decay", config.decay);
  visit("decay_fraction", config.decay_fraction);
  visit("final_factor", config.final_factor);
  visit("drops_at", config.drops_at);
  visit("drop_factor", config.drop_factor);
}

} // namespace microfiche::training
