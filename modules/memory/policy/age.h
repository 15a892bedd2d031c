#pragma once

#include "core/config.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace microfiche::memory {

struct PageState;

/// What the age of a page counts: what came after it.
enum class AgeUnit { kPages, kTurns, kTextTokens };

NLOHMANN_JSON_SERIALIZE_ENUM(
    AgeUnit,
    {{AgeUnit::kPages, "pages"},
     {AgeUnit::kTurns, "turns"},
     {AgeUnit::kTextTokens, "text_tokens"}})

// Note [Quanta]
// A page that changes its mode must be encoded again, and the KV cache after
// it is lost. So ages move in steps: the clock is rounded down to a multiple of
// the quantum, and between two multiples no old page changes. Pages since the
// last multiple have the age 0.

/// How ages are counted.
struct AgeConfig {
  /// What the age of a page counts: the pages, turns or text tokens that came
  /// after it.
  AgeUnit unit = AgeUnit::kPages;

  /// Ages move in steps of this many units, so that old pages keep their vision
  /// tokens and KV cache between two steps; 1: every page or turn moves all
  /// ages. See Note [Quanta].
  int64_t quantum = 1;
};

/// How likely questions are by the age of the page that they are about.
enum class WeightForm {
  /// All pages alike.
  kUniform,
  /// Halves with every `half_life`.
  kExponential,
  /// (1 + age) ^ -exponent.
  kPower,
};

NLOHMANN_JSON_SERIALIZE_ENUM(
    WeightForm,
    {{WeightForm::kUniform, "uniform"},
     {WeightForm::kExponential, "exponential"},
     {WeightForm::kPower, "power"}})

/// The distribution of questions over ages.
struct WeightConfig {
  /// How the weight of a page falls with its age: "uniform" not at all,
  /// "exponential" by half with every `half_life`, "power" as (1 + age) ^
  /// -`exponent`.
  WeightForm form = WeightForm::kUniform;

  /// Age over which the weight halves, in the unit of the ages; above 0. For
  /// "exponential".
  double half_life = 8;

  /// Exponent of the power law, above 0. For "power".
  double exponent = 1;
};

/// Ages of pages, oldest page first; see `AgeConfig`. `now_seq` is the number
/// of the newest turn.
std::vector<int64_t> ages_of(
    const AgeConfig& config,
    std::span<const PageState> pages,
    int64_t now_seq);

/// The share of questions for each age; the sum is 1.
std::vector<double> weights_of(
    const WeightConfig& config,
    std::span<const int64_t> ages);

/// The largest age of each step, its field `up_to`.
template <typename Step>
std::vector<std::optional<int64_t>> ends_of(const std::vector<Step>& steps) {
  std::vector<std::optional<int64_t>> ends;
  for (const auto& step : steps) {
    ends.push_back(step.up_to);
  }
  return ends;
}

/// Checks the largest ages of steps from the youngest pages to the oldest, both
/// ends included: none, for all older pages, only in the last. Throws
/// `InputError` that names the field `where`[i].up_to.
void check_steps(
    const std::vector<std::optional<int64_t>>& up_to,
    const std::string& where);

/// The step of an age; the number of steps for an older page.
size_t step_of_age(
    const std::vector<std::optional<int64_t>>& up_to,
    int64_t age);

/// Throw `InputError` for a quantum, half-life or exponent that is not
/// positive.
void validate(const AgeConfig& config, const std::string& where);
void validate(const WeightConfig& config, const std::string& where);

template <typename Visitor>
void visit_fields(Visitor&& visit, AgeConfig& config) {
  visit("unit", config.unit);
  visit("quantum", config.quantum);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, WeightConfig& config) {
  visit("form", config.form);
  visit("half_life", config.half_life);
  visit("exponent", config.exponent);
}

} // namespace microfiche::memory
