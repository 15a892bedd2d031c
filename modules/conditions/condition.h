#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/config.h"

namespace microfiche::conditions {

// Note [Conditions]
// A condition is something that is done on purpose to what a page passes
// through: to its text before it is set (conditions/text), to its picture
// before it is encoded (conditions/page), or to its vision tokens before they
// are decoded (conditions/tokens). A config names one as "rotation:3", name and
// strength; several of a kind follow each other as "rotation:3+blur:1". What is
// drawn by chance comes from a stream named by the seed and the page, so that a
// page is changed alike whoever changes it, and a stronger condition changes
// the same places as a weaker one wherever that makes sense.

/// The number behind a condition's name.
struct Strength {
  /// What it counts, such as "degrees".
  std::string unit;

  /// The values that make sense, both ends included.
  double low = 0;
  double high = 0;
};

/// What every condition says of itself.
struct ConditionInfo {
  std::string name;

  /// One line on what it does, for whoever reads the list.
  std::string description;

  /// Nothing for a condition that is there or not.
  std::optional<Strength> strength;

  /// Whether nothing of the page is left, so that whatever comes out is
  /// guessed: its score is a floor.
  bool is_floor = false;
};

/// The name of no condition on a page or on its tokens.
inline constexpr const char* kNoCondition = "none";

/// One condition of those that `Entry` stands for, with its strength; 0 where
/// it has none.
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

/// The strength of a part, checked against what the condition takes.
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
/// a name that is not registered, naming those that are, and for a strength
/// that is missing, superfluous or out of bounds.
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

/// Whether one of the conditions leaves nothing of the page.
template <typename Entry>
bool is_floor(const std::vector<Applied<Entry>>& conditions) {
  return std::any_of(
      conditions.begin(), conditions.end(), [](const auto& condition) {
        return condition.entry->info.is_floor;
      });
}

/// The families of a registry, one after the other.
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
