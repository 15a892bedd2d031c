#include "core/error.h"
#include "memory/policy/choices.h"

namespace microfiche::memory {
namespace {

// Note [Merged pages]
// Old pages of one turn leave most of a picture empty, or are too small to be
// read once they are resized. Several of them can stand on one picture, which
// is drawn from the text of all their turns and costs one picture. The pages
// are counted from the first of the conversation, and a block of them moves to
// a step when its newest page is old enough, so a merged page never changes.

/// Pages up to an age, both ends included.
struct MergeStep {
  std::string mode;

  /// None: all older pages.
  std::optional<int64_t> up_to;

  /// Pages on one picture: a multiple of those of the step before.
  int64_t pages = 1;

  /// How the picture of several pages is drawn: "redrawn" or "excerpt".
  std::optional<AgeingConfig> ageing;
};

struct MergeConfig {
  /// From the youngest pages, which are not merged, to the oldest. Older pages
  /// are dropped.
  std::vector<MergeStep> steps;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, MergeStep& step) {
  visit("mode", step.mode);
  visit("up_to", step.up_to);
  visit("pages", step.pages);
  visit("ageing", step.ageing);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, MergeConfig& config) {
  visit("steps", config.steps);
}

void validate(const MergeConfig& config, const std::string& where) {
  check_steps(ends_of(config.steps), where + ".steps");
  int64_t before = 1;
  for (size_t i = 0; i < config.steps.size(); ++i) {
    const auto& step = config.steps[i];
    const auto name = concat(where, ".steps[", i, "]");
    check(
        i > 0 || step.pages == 1,
        name,
        ".pages: the youngest pages cannot be merged, expected 1, got ",
        step.pages);
    check(
        step.pages >= before && step.pages % before == 0,
        name,
        ".pages: expected a multiple of ",
        before,
        ", the pages of the step before, got ",
        step.pages);
    before = step.pages;
    check(
        step.pages == 1 || (step.ageing && step.ageing->draws()),
        name,
        ".ageing: several pages on one picture are drawn again; set how to "
        "redrawn or excerpt");
    check(
        step.pages > 1 || !step.ageing,
        name,
        ".ageing: has no effect on a page alone; the field ageing of the "
        "policy has");
    if (step.ageing) {
      validate(*step.ageing, name + ".ageing");
    }
  }
}

TierChoice choose_merged(const MergeConfig& config, const Choices& choices) {
  std::vector<size_t> tiers;
  for (size_t i = 0; i < config.steps.size(); ++i) {
    const auto field = concat("options.steps[", i, "].mode");
    tiers.push_back(choices.find_tier(config.steps[i].mode, field));
    check(
        config.steps[i].pages == 1 ||
            (tiers[i] > 0 && tiers[i] + 1 < choices.num_tiers()),
        choices.where(),
        ": ",
        field,
        ": \"",
        config.steps[i].mode,
        "\" has no pictures, so no pages can share one");
  }
  const auto ends = ends_of(config.steps);
  const auto count = static_cast<int64_t>(choices.num_pages());
  const auto size_of = [&](size_t step) {
    // Pages that are too old go together.
    return config.steps[std::min(step, tiers.size() - 1)].pages;
  };
  TierChoice choice;
  for (int64_t page = 0; page < count;) {
    // The oldest step whose block of pages is old enough as a whole.
    size_t step = tiers.size();
    int64_t begin = page;
    int64_t end = page;
    for (;; --step) {
      const int64_t pages = size_of(step);
      begin = page - page % pages;
      end = begin + pages;
      if (step == 0 ||
          (end <= count &&
           step_of_age(ends, choices.age(static_cast<size_t>(end - 1))) >=
               step)) {
        break;
      }
    }
    const bool gone = step == tiers.size();
    if (!gone && end - begin > 1) {
      choice.merged.push_back(
          {static_cast<size_t>(begin),
           static_cast<size_t>(end),
           *config.steps[step].ageing});
    }
    choice.tiers.insert(
        choice.tiers.end(),
        static_cast<size_t>(end - begin),
        gone ? 0 : tiers[step]);
    page = end;
  }
  return choice;
}

} // namespace

PolicyKind merge_policy() {
  return make_policy_kind<MergeConfig>("merge", choose_merged);
}

} // namespace microfiche::memory
