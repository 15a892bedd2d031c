#include "core/error.h"
#include "memory/policy/choices.h"

namespace microfiche::memory {
namespace {

/// Pages up to an age, both ends included, have a mode.
struct AgeStep {
  std::string mode;

  /// None: all older pages.
  std::optional<int64_t> up_to;
};

/// Source: DeepSeek-OCR, arXiv:2510.18234, section 5 and figure 13, which names
/// the modes and no ages.
struct AgeLadderConfig {
  /// From the youngest pages to the oldest. Older pages are dropped.
  std::vector<AgeStep> steps;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, AgeStep& step) {
  visit("mode", step.mode);
  visit("up_to", step.up_to);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, AgeLadderConfig& config) {
  visit("steps", config.steps);
}

void validate(const AgeLadderConfig& config, const std::string& where) {
  check_steps(ends_of(config.steps), where + ".steps");
}

std::vector<size_t> choose_by_age(
    const AgeLadderConfig& config,
    const Choices& choices) {
  std::vector<size_t> tiers;
  for (size_t i = 0; i < config.steps.size(); ++i) {
    tiers.push_back(choices.find_tier(
        config.steps[i].mode, concat("options.steps[", i, "].mode")));
  }
  const auto ends = ends_of(config.steps);
  std::vector<size_t> chosen;
  for (size_t page = 0; page < choices.num_pages(); ++page) {
    const size_t step = step_of_age(ends, choices.age(page));
    chosen.push_back(step < tiers.size() ? tiers[step] : 0);
  }
  return chosen;
}

} // namespace

PolicyKind age_ladder_policy() {
  return make_policy_kind<AgeLadderConfig>("age_ladder", choose_by_age);
}

} // namespace microfiche::memory
