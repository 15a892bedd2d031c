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
  std::vector<MergedPages> merged;

  /// By page: the index of its picture in `merged`; none for a page alone.
  std::vector<std::optional<size_t>> picture;

  /// The newest page of each picture, which has its positions.
  std::vector<size_t> newest;

  int64_t positions(size_t page, const Choices& choices) const {
    return picture[page] && newest[*picture[page]] != page
        ? 0
        : choices.positions(page, tiers[page]);
  }

  /// The pages that are kept with this one, or dropped with it.
  std::vector<size_t> kept_with(size_t page) const {
    if (!picture[page]) {
      return {page};
    }
    std::vector<size_t> pages;
    const auto& shared = merged[*picture[page]];
    for (size_t i = shared.begin; i < shared.end; ++i) {
      if (picture[i]) {
        pages.push_back(i);
      }
    }
    return pages;
  }
};

/// A merged page never changes, so a page that a pin or a hit raises stays on
/// it, and gets a picture of its own as well.
void merge_pages(Chosen& chosen, const Choices& choices) {
  chosen.picture.resize(chosen.tiers.size());
  chosen.newest.resize(chosen.merged.size());
  for (size_t m = 0; m < chosen.merged.size(); ++m) {
    for (size_t i = chosen.merged[m].begin; i < chosen.merged[m].end; ++i) {
      if (choices.floor(i) == 0) {
        chosen.picture[i] = m;
        chosen.newest[m] = i;
      }
    }
  }
}

/// Keeps the text of pages where that takes no more positions.
void take_cheaper_text(Chosen& chosen, const Choices& choices) {
  const size_t text = choices.num_tiers() - 1;
  for (size_t i = 0; i < chosen.tiers.size(); ++i) {
    if (chosen.tiers[i] == 0 || chosen.tiers[i] == text) {
      continue;
    }
    const auto pages = chosen.kept_with(i);
    int64_t positions = 0;
    for (const size_t page : pages) {
      positions += choices.positions(page, text);
    }
    if (positions <= choices.positions(i, chosen.tiers[i])) {
      for (const size_t page : pages) {
        chosen.tiers[page] = text;
        chosen.reasons[page] = Reason::kCheaperText;
        chosen.picture[page].reset();
      }
    }
  }
}

Chosen choose(const Policy& policy, const Choices& choices) {
  Chosen chosen;
  for (const auto& kind : policy_kinds()) {
    if (kind.name == policy.config.policy) {
      auto choice =
          kind.make(policy.config.options, policy.where + ": options")(choices);
      chosen.tiers = std::move(choice.tiers);
      chosen.merged = std::move(choice.merged);
    }
  }
  for (size_t i = 0; i < choices.num_pages(); ++i) {
    size_t& tier = chosen.tiers.at(i);
    tier = std::max(tier, choices.floor(i));
    chosen.reasons.push_back(
        tier > 0 && tier == choices.floor(i) ? choices.floor_reason(i)
                                             : Reason::kPolicy);
  }
  merge_pages(chosen, choices);
  if (policy.config.text_when_cheaper) {
    take_cheaper_text(chosen, choices);
  }
  return chosen;
}

int64_t positions_of(const Chosen& chosen, const Choices& choices) {
  int64_t sum = 0;
  for (size_t i = 0; i < chosen.tiers.size(); ++i) {
    sum += chosen.positions(i, choices);
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
      if (chosen.tiers[i] == 0 || (choices.floor(i) > 0) != held) {
        continue;
      }
      for (const size_t page : chosen.kept_with(i)) {
        spent -= chosen.positions(page, choices);
        chosen.tiers[page] = 0;
        chosen.reasons[page] = Reason::kBudget;
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
    item.positions = chosen.positions(i, choices);
    item.ageing = choices.ageing(tier);
    item.expected_recall = choices.recall(i, tier);
    if (tier > 0 && chosen.picture[i]) {
      const auto& merged = chosen.merged[*chosen.picture[i]];
      item.ageing = merged.ageing;
      item.expected_recall = choices.recall(merged, tier);
      for (size_t page = merged.begin; page < merged.end; ++page) {
        item.merged.push_back(input.pages[page].page);
      }
    }
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
