#include "memory/policy/plan.h"

#include "core/error.h"
#include "memory/policy/choices.h"

#include <algorithm>

namespace microfiche::memory {
namespace {

/// Tiers with the reasons for them.
struct Chosen {
  std::vector<size_t> tiers;
  std::vector<Reason> reasons;
};

Chosen choose(const Policy& policy, const Choices& choices) {
  Chosen chosen;
  for (const auto& kind : policy_kinds()) {
    if (kind.name == policy.config.policy) {
      chosen.tiers =
          kind.make(policy.config.options, policy.where + ": options")(choices);
    }
  }
  const size_t text = choices.num_tiers() - 1;
  for (size_t i = 0; i < choices.num_pages(); ++i) {
    size_t& tier = chosen.tiers.at(i);
    tier = std::max(tier, choices.floor(i));
    chosen.reasons.push_back(
        tier > 0 && tier == choices.floor(i) ? choices.floor_reason(i)
                                             : Reason::kPolicy);
    if (policy.config.text_when_cheaper && tier > 0 && tier < text &&
        choices.positions(i, text) <= choices.positions(i, tier)) {
      tier = text;
      chosen.reasons.back() = Reason::kCheaperText;
    }
  }
  return chosen;
}

int64_t positions_of(const Chosen& chosen, const Choices& choices) {
  int64_t sum = 0;
  for (size_t i = 0; i < chosen.tiers.size(); ++i) {
    sum += choices.positions(i, chosen.tiers[i]);
  }
  return sum;
}

/// Drops pages until the others fit, `quantum` at a time: the numbers of the
/// pages begin with the conversation, so the next pages do not move them.
void drop_oldest(Chosen& chosen, const Choices& choices, int64_t quantum) {
  int64_t spent = positions_of(chosen, choices);
  for (const bool held : {false, true}) {
    for (size_t i = 0; i < chosen.tiers.size() &&
         (spent > choices.budget() ||
          (!held && static_cast<int64_t>(i) % quantum != 0));
         ++i) {
      if (chosen.tiers[i] > 0 && (choices.floor(i) > 0) == held) {
        spent -= choices.positions(i, chosen.tiers[i]);
        chosen.tiers[i] = 0;
        chosen.reasons[i] = Reason::kBudget;
      }
    }
  }
}

Plan describe(
    const Chosen& chosen,
    const Choices& choices,
    const PlanInput& input) {
  Plan plan;
  plan.budget = input.budget;
  plan.now_seq = input.now_seq;
  double recall = 0;
  bool known = true;
  for (size_t i = 0; i < input.pages.size(); ++i) {
    const auto& page = input.pages[i];
    const size_t tier = chosen.tiers[i];
    PlanItem item;
    item.page = page.page;
    item.first_seq = page.first_seq;
    item.last_seq = page.last_seq;
    item.age = choices.age(i);
    item.tier = static_cast<int64_t>(tier);
    item.mode = choices.tier_name(tier);
    item.positions = choices.positions(i, tier);
    item.ageing = choices.ageing(tier);
    item.expected_recall = choices.recall(i, tier);
    item.reason = chosen.reasons[i];
    known = known && item.expected_recall.has_value();
    recall += choices.weight(i) * item.expected_recall.value_or(0);
    plan.spent += item.positions;
    plan.text_positions += page.text_positions;
    plan.items.push_back(std::move(item));
  }
  plan.kv_bytes = plan.spent * input.kv_bytes_per_position;
  if (known) {
    plan.expected_recall = recall;
  }
  return plan;
}

} // namespace

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::kPolicy:
      return "policy";
    case Reason::kPin:
      return "pin";
    case Reason::kHit:
      return "hit";
    case Reason::kCheaperText:
      return "cheaper text";
    case Reason::kBudget:
      return "budget";
  }
  return "";
}

Plan make_plan(const Policy& policy, const PlanInput& input) {
  const Choices choices(policy, input);
  auto chosen = choose(policy, choices);
  const int64_t wanted = positions_of(chosen, choices);
  if (wanted > input.budget) {
    check(
        policy.config.over_budget == OverBudget::kDropOldest,
        policy.where,
        ": the plan needs ",
        wanted,
        " positions, and the budget has ",
        input.budget,
        "; raise it, or set over_budget to drop_oldest");
    drop_oldest(chosen, choices, policy.config.drop_quantum);
  }
  auto plan = describe(chosen, choices, input);
  check(
      plan.spent <= plan.text_positions,
      policy.where,
      ": the plan needs ",
      plan.spent,
      " positions, and the plain text only ",
      plan.text_positions,
      "; choose modes with fewer positions, or set text_when_cheaper");
  check(
      plan.spent <= input.max_positions,
      policy.where,
      ": the plan needs ",
      plan.spent,
      " positions, and the model has ",
      input.max_positions,
      "; lower the budget");
  return plan;
}

} // namespace microfiche::memory
