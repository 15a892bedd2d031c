#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::metrics {

// Note [Forgetting curves]
// The probability of a correct answer at the age a is
//   R(a) = c + (1 - c) * s * g(a),
// where c is the floor (the same probes with a wrong page), measured and fixed,
// s in (0, 1] the skill for a fresh page, and g a curve that falls from 1. A
// fit maximises the binomial likelihood of the counts, not squares of means:
//   exponential   g = exp(-a / S)
//   power         g = (1 + h a)^(-f)
//   weibull       g = exp(-(a / S)^b)
//   psychometric  g = 1 / (1 + exp(k (x - x0))), where x is the density of the
//                 page at that age: log2 of its characters per vision token
//   step          one level per mode, no lower than the floor
// A policy that gives each age a mode makes a step curve. If `step` has the
// lowest AICc, the half-life is a property of the policy, not of the model.
//
// Sources: Wixted and Carpenter, Psychological Science 18 (2007), power;
// MemoryBank, arXiv:2305.10250, exponential; Hurvich and Tsai, Biometrika 76
// (1989), AICc.

/// Probes of one conversation at one age.
struct AgeCount {
  /// Names the conversation; a bootstrap draws whole conversations.
  int64_t conversation = 0;

  /// In any unit; at least 0.
  double age = 0;

  /// log2 of the characters per vision token at this age; for `psychometric`.
  double density = 0;

  /// The mode of the page, any number; for `step`.
  int64_t level = 0;

  int64_t probes = 0;
  int64_t correct = 0;
};

enum class ForgettingForm {
  kStep,
  kExponential,
  kPower,
  kWeibull,
  kPsychometric,
};

/// "step", "exponential", "power", "weibull" or "psychometric".
std::string_view name_of(ForgettingForm form);

/// The skill of one age.
struct SkillAtAge {
  double age = 0;
  double skill = 0;
};

struct ForgettingFit {
  ForgettingForm form = ForgettingForm::kStep;

  /// s, then the parameters in the order of Note [Forgetting curves]; for
  /// `step` the skill of each level, by its number.
  std::vector<double> parameters;

  /// Without the binomial coefficients, which all forms share.
  double log_likelihood = 0;

  /// 2 k - 2 log L + 2 k (k + 1) / (n - k - 1), with k parameters and n probes.
  /// Infinite unless n > k + 1. Lower is better.
  double aicc = 0;

  /// The age where g is 1/2, in the unit of the ages. For `step` the first age
  /// whose skill is below half of that of the youngest age; for `psychometric`
  /// interpolated between the ages. Infinite if that is never reached.
  double half_life = 0;

  /// Bootstrap interval of the half-life, 95 %; its ends may be infinite.
  double half_life_low = 0;
  double half_life_high = 0;

  /// The half-life lies beyond the oldest age.
  bool extrapolated = false;

  /// The fitted skill at each age of the data, youngest first.
  std::vector<SkillAtAge> skills;
};

struct ForgettingOptions {
  /// Share of correct answers to the same probes with a wrong page, in [0, 1).
  double floor = 0;

  /// Draws of conversations; 0: no interval, its ends are NaN.
  int64_t resamples = 1000;
  uint64_t seed = 0;
};

/// Fits one form. Throws `InputError` for no probes, counts that are negative
/// or larger than the probes, negative ages, and a floor outside [0, 1).
ForgettingFit fit_forgetting(
    const std::vector<AgeCount>& counts,
    ForgettingForm form,
    const ForgettingOptions& options = {});

/// Fits all forms, the one with the lowest AICc first. `step` is always among
/// them; `psychometric` only if the densities differ.
std::vector<ForgettingFit> fit_forgetting(
    const std::vector<AgeCount>& counts,
    const ForgettingOptions& options = {});

/// The oldest age of the data up to which no younger age has a lower skill than
/// this; none if already the youngest has.
std::optional<double> horizon(const ForgettingFit& fit, double skill);

} // namespace microfiche::metrics
