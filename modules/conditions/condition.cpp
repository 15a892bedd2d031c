#include "conditions/condition.h"

#include <cmath>
#include <cstdlib>

#include "core/error.h"

namespace microfiche::conditions::detail {

std::vector<ConditionPart> split_condition(
    const std::string& text,
    const std::string& where) {
  std::vector<ConditionPart> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('+', begin), text.size());
    const auto part = text.substr(begin, end - begin);
    const size_t colon = part.find(':');
    ConditionPart condition{part.substr(0, colon), std::nullopt};
    if (colon != std::string::npos) {
      const auto number = part.substr(colon + 1);
      char* rest = nullptr;
      condition.strength = std::strtod(number.c_str(), &rest);
      check(
          !number.empty() && *rest == '\0' &&
              std::isfinite(*condition.strength),
          where,
          ": \"",
          part,
          "\": expected a number after the colon, such as \"rotation:3\"");
    }
    parts.push_back(std::move(condition));
    begin = end + 1;
  }
  return parts;
}

double checked_strength(
    const ConditionPart& part,
    const ConditionInfo& info,
    const std::string& where) {
  if (!info.strength) {
    check(
        !part.strength,
        where,
        ": \"",
        info.name,
        "\" has no strength; leave the number out");
    return 0;
  }
  const auto& strength = *info.strength;
  check(
      part.strength.has_value(),
      where,
      ": \"",
      info.name,
      "\" needs its strength in ",
      strength.unit,
      ", as \"",
      info.name,
      ":",
      strength.high,
      "\"");
  check(
      *part.strength >= strength.low && *part.strength <= strength.high,
      where,
      ": \"",
      info.name,
      "\" takes from ",
      strength.low,
      " to ",
      strength.high,
      " ",
      strength.unit,
      ", got ",
      *part.strength);
  return *part.strength;
}

void unknown_condition(
    const std::string& name,
    const std::vector<std::string>& known,
    const std::string& where) {
  std::string names;
  for (const auto& one : known) {
    names += (names.empty() ? "" : ", ") + one;
  }
  throw InputError(concat(
      where,
      ": no condition named \"",
      name,
      "\"",
      did_you_mean(name, known),
      "; there are ",
      names));
}

} // namespace microfiche::conditions::detail
