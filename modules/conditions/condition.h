#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/config.h"

namespace microfiche::conditions {

// Note [Conditions]
// A condition changes a page on purpose: its text before it is set
// (conditions/text), its image before it is encoded (conditions/page), or its
// vision tokens before they are decoded (conditions/tokens). A config names one
// as "rotation:3", name and strength; several of a kind are applied in order,
// as in "rotation:3+blur:1". Random draws come from a stream named by the seed
// and the page, so that every worker changes a page in the same way. If
// possible, a stronger condition changes the same positions as a weaker one.

/// The number that ends a condition's name.
struct Strength {
  /// Its unit, such as "degrees".
  std::string unit;

  /// Bounds of the valid values, both included.
  double low = 0;
  double high = 0;
};

/// The description of a condition.
struct ConditionInfo {
  std::string name;

  /// One line on its effect, for lists.
  std::string description;

  /// Nothing for a condition without strength.
  std::optional<Strength> strength;

  /// Whether it removes the whole page, so that the model can only guess: the
  /// score is a floor.
  bool is_floor = false;
};

/// The name for "no condition" on a page or on its tokens.
inline constexpr const char* kNoCondition = "none";

/// A condition with its strength; 0 if it has none.
template <typename Entry>
struct Applied {
  const Entry* entry;
  double strength;
};

namespace detail {

struct ConditionPart {
  std::string name;
  std::optional<double> strength;
};

/// Splits "rotation:3+blank". Throws `InputError`, which `where` starts.
std::vector<ConditionPart> split_condition(
    const std::string& text,
    const std::string& where);

/// The strength of a part, checked against the bounds of the condition.
double checked_strength(
    const ConditionPart& part,
    const ConditionInfo& info,
    const std::string& where);

[[noreturn]] void unknown_condition(
    const std::string& name,
    const std::vector<std::string>& known,
    const std::string& where);

} // namespace detail

/// The conditions that `text` names, in their order; none for `kNoCondition`.
/// `Entry` has a member `info`. Throws `InputError`, which `where` starts, for
/// an unknown name, listing the known ones, and for a strength that is
/// missing, unneeded or out of bounds.
template <typename Entry>
std::vector<Applied<Entry>> find_conditions(
    const std::vector<Entry>& registry,
    const std::string& text,
    const std::string& where) {
  std::vector<Applied<Entry>> found;
  if (text == kNoCondition) {
    return found;
  }
  for (const auto& part : detail::split_condition(text, where)) {
    const auto entry =
        std::find_if(registry.begin(), registry.end(), [&](const auto& known) {
          return known.info.name == part.name;
        });
    if (entry == registry.end()) {
      std::vector<std::string> names;
      for (const auto& known : registry) {
        names.push_back(known.info.name);
      }
      detail::unknown_condition(part.name, names, where);
    }
    found.push_back(
        {&*entry, detail::checked_strength(part, entry->info, where)});
  }
  return found;
}

/// Whether one of the conditions removes the whole page.
template <typename Entry>
bool is_floor(const std::vector<Applied<Entry>>& conditions) {
  return std::any_of(
      conditions.begin(), conditions.end(), [](const auto& condition) {
        return condition.entry->info.is_floor;
      });
}

/// Joins the families of a registry.
template <typename Entry>
std::vector<Entry> join_families(
    const std::vector<std::vector<Entry>>& families) {
  std::vector<Entry> all;
  for (const auto& family : families) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

} // namespace microfiche::conditions
