#include "core/error.h"
#include "memory/policy/choices.h"

namespace microfiche::memory {
namespace {

/// The recall that pages up to an age must have.
struct WantedRecall {
  double recall = 0;

  /// None: all older pages.
  std::optional<int64_t> up_to;
};

/// The fewest positions that keep a wanted recall at every age.
struct TargetCurveConfig {
  /// From the youngest pages to the oldest. Older pages may be dropped.
  std::vector<WantedRecall> curve;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, WantedRecall& wanted) {
  visit("recall", wanted.recall);
  visit("up_to", wanted.up_to);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, TargetCurveConfig& config) {
  visit("curve", config.curve);
}

void validate(const TargetCurveConfig& config, const std::string& where) {
  check(!config.curve.empty(), where, ".curve: expected at least one point");
  int64_t last = -1;
  for (size_t i = 0; i < config.curve.size(); ++i) {
    const auto& [recall, up_to] = config.curve[i];
    const auto name = concat(where, ".curve[", i, "]");
    check(
        recall >= 0 && recall <= 1,
        name,
        ".recall: expected a share in [0, 1], got ",
        recall);
    check(
        up_to || i + 1 == config.curve.size(),
        name,
        ".up_to: only the last point may have none");
    check(
        !up_to || *up_to > last,
        name,
        ".up_to: must be above ",
        last,
        ", got ",
        up_to.value_or(0));
    last = up_to.value_or(last);
  }
}

double wanted_at(const TargetCurveConfig& config, int64_t age) {
  for (const auto& point : config.curve) {
    if (!point.up_to || age <= *point.up_to) {
      return point.recall;
    }
  }
  return 0;
}

/// The tier of fewest positions with at least this recall.
size_t cheapest(const Choices& choices, size_t page, double wanted) {
  std::optional<size_t> best;
  double most = 0;
  for (size_t tier = choices.floor(page); tier < choices.num_tiers(); ++tier) {
    // Modes without a row are not chosen, but an empty table is an error.
    if (!choices.is_measured(page, tier) && tier > choices.floor(page)) {
      continue;
    }
    const double recall = choices.measured_recall(page, tier);
    most = std::max(most, recall);
    if (recall >= wanted &&
        (!best ||
         choices.positions(page, tier) < choices.positions(page, *best))) {
      best = tier;
    }
  }
  check(
      best.has_value(),
      choices.where(),
      ": no tier has a recall of ",
      wanted,
      " at the age ",
      choices.age(page),
      "; the most by the accuracy table is ",
      most);
  return *best;
}

std::vector<size_t> choose_by_curve(
    const TargetCurveConfig& config,
    const Choices& choices) {
  std::vector<size_t> chosen;
  int64_t needed = 0;
  for (size_t page = 0; page < choices.num_pages(); ++page) {
    chosen.push_back(
        cheapest(choices, page, wanted_at(config, choices.age(page))));
    needed += choices.positions(page, chosen.back());
  }
  check(
      needed <= choices.budget(),
      choices.where(),
      ": the wanted curve needs ",
      needed,
      " positions, and the budget has ",
      choices.budget());
  return chosen;
}

} // namespace

PolicyKind target_curve_policy() {
  return make_policy_kind<TargetCurveConfig>("target_curve", choose_by_curve);
}

} // namespace microfiche::memory
