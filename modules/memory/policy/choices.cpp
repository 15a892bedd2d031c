#include "memory/policy/choices.h"

#include "core/error.h"

#include <algorithm>
#include <numeric>

namespace microfiche::memory {

Choices::Choices(const Policy& policy, const PlanInput& input)
    : input_(input), where_(policy.where) {
  check_input();
  std::vector<size_t> order(input.modes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto& newest = input.pages.back().positions;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return newest[a] < newest[b];
  });
  names_.emplace_back(kGone);
  mode_of_tier_.push_back(0);
  for (const size_t mode : order) {
    names_.push_back(input.modes[mode]);
    mode_of_tier_.push_back(mode);
  }
  names_.emplace_back(kText);
  ageing_.resize(num_tiers());
  for (const auto& [mode, ageing] : policy.config.ageing) {
    const size_t tier = find_tier(mode, "ageing");
    check(
        tier > 0 && tier + 1 < num_tiers(),
        where_,
        ": ageing: \"",
        mode,
        "\" has no pictures");
    ageing_[tier] = ageing;
    check_source(tier);
  }
  ages_ = ages_of(policy.config.age, input.pages, input.now_seq);
  weights_ = weights_of(policy.config.weights, ages_);
  floors_.assign(num_pages(), 0);
  floor_reasons_.assign(num_pages(), Reason::kPolicy);
  if (policy.config.promote) {
    apply_hits(*policy.config.promote);
  }
  if (policy.config.pins) {
    apply_pins(*policy.config.pins);
  }
}

void Choices::check_input() const {
  check(
      input_.budget >= 1,
      "plan: the budget must be at least 1 position, got ",
      input_.budget);
  check(
      !input_.pages.empty(),
      "plan: the conversation has no sealed pages; run `microfiche memory "
      "pages --seal`");
  int64_t last = 0;
  for (const auto& page : input_.pages) {
    check(
        page.positions.size() == input_.modes.size(),
        "plan: page ",
        page.page,
        " has positions for ",
        page.positions.size(),
        " modes, expected ",
        input_.modes.size());
    check(
        page.last_seq >= last,
        "plan: page ",
        page.page,
        " ends with turn ",
        page.last_seq,
        " but comes after turn ",
        last,
        "; pages must come oldest first");
    last = page.last_seq;
    check(
        page.last_seq <= input_.now_seq,
        "plan: the clock runs backwards: now is turn ",
        input_.now_seq,
        ", and page ",
        page.page,
        " has turn ",
        page.last_seq);
    check(
        page.last_hit_seq.value_or(0) <= input_.now_seq,
        "plan: the clock runs backwards: now is turn ",
        input_.now_seq,
        ", and page ",
        page.page,
        " was used at turn ",
        page.last_hit_seq.value_or(0));
  }
}

void Choices::check_source(size_t tier) const {
  const auto& ageing = ageing_[tier];
  if (!ageing.shrinks_tokens()) {
    return;
  }
  const auto field = concat("ageing.", names_[tier], ".from");
  const size_t from = find_tier(ageing.from, field);
  for (size_t page = 0; page < num_pages(); ++page) {
    check(
        from > 0 && from + 1 < num_tiers() &&
            positions(page, from) > positions(page, tier),
        where_,
        ": ",
        field,
        ": expected a mode with more vision tokens than ",
        names_[tier],
        ", got \"",
        ageing.from,
        "\"");
  }
}

size_t Choices::find_tier(const std::string& name, const std::string& field)
    const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) {
    std::string list;
    for (const auto& known : names_) {
      list += (list.empty() ? "" : ", ") + known;
    }
    throw InputError(concat(
        where_,
        ": ",
        field,
        ": no tier \"",
        name,
        "\"; this model has ",
        list,
        did_you_mean(name, names_)));
  }
  return static_cast<size_t>(found - names_.begin());
}

int64_t Choices::positions(size_t page, size_t tier) const {
  const auto& state = input_.pages[page];
  if (tier == 0) {
    return 0;
  }
  return tier + 1 == num_tiers() ? state.text_positions
                                 : state.positions[mode_of_tier_[tier]];
}

std::optional<double> Choices::recall(size_t page, size_t tier) const {
  // Without a table not even text and dropped pages have a number.
  return input_.accuracy.rows.empty()
      ? std::nullopt
      : input_.accuracy.find(
            aged_mode_name(names_[tier], ageing_[tier]),
            input_.pages[page].text_positions);
}

int64_t Choices::text_positions(size_t begin, size_t end) const {
  int64_t sum = 0;
  for (size_t page = begin; page < end; ++page) {
    sum += input_.pages[page].text_positions;
  }
  return sum;
}

std::optional<double> Choices::recall(const MergedPages& pages, size_t tier)
    const {
  return input_.accuracy.rows.empty()
      ? std::nullopt
      : input_.accuracy.find(
            aged_mode_name(names_[tier], pages.ageing, pages.end - pages.begin),
            text_positions(pages.begin, pages.end));
}

double Choices::measured_recall(size_t page, size_t tier) const {
  const auto found = recall(page, tier);
  check(
      found.has_value(),
      where_,
      input_.accuracy.rows.empty()
          ? concat(": this policy needs a table of measured accuracy; give it "
                   "with --accuracy")
          : concat(
                ": the accuracy table has no row for mode ",
                names_[tier],
                " and pages of ",
                input_.pages[page].text_positions,
                " text tokens"));
  return *found;
}

void Choices::raise_floor(size_t page, size_t tier, Reason reason) {
  if (tier >= floors_[page]) {
    floors_[page] = tier;
    floor_reasons_[page] = reason;
  }
}

void Choices::apply_pins(const PinConfig& pins) {
  const size_t tier = find_tier(pins.at_least, "pins.at_least");
  for (size_t i = 0; i < num_pages(); ++i) {
    const auto& importance = input_.pages[i].importance;
    if (importance && *importance >= pins.importance) {
      raise_floor(i, tier, Reason::kPin);
    }
  }
}

void Choices::apply_hits(const PromoteConfig& promote) {
  const size_t tier = find_tier(promote.to, "promote.to");
  std::vector<size_t> hit;
  for (size_t i = 0; i < num_pages(); ++i) {
    const auto& at = input_.pages[i].last_hit_seq;
    if (at && input_.now_seq - *at < promote.for_turns) {
      hit.push_back(i);
    }
  }
  // The newest hits first; of hits at the same turn, the newest pages.
  std::stable_sort(hit.begin(), hit.end(), [&](size_t a, size_t b) {
    const auto key = [&](size_t i) {
      return std::pair(*input_.pages[i].last_hit_seq, i);
    };
    return key(a) > key(b);
  });
  hit.resize(std::min(hit.size(), static_cast<size_t>(promote.at_most)));
  for (const size_t page : hit) {
    raise_floor(page, tier, Reason::kHit);
  }
}

} // namespace microfiche::memory
