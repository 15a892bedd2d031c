#include "core/config.h"

#include "core/edit_distance.h"

#include <algorithm>

namespace microfiche {

std::string did_you_mean(
    const std::string& name,
    const std::vector<std::string>& known) {
  std::string nearest;
  int64_t least = std::max<int64_t>(2, std::ssize(name) / 3) + 1;
  for (const auto& candidate : known) {
    const int64_t distance = edit_distance(name, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest.empty() ? "" : concat("; did you mean \"", nearest, "\"?");
}

std::string field_path(const std::string& where, const std::string& field) {
  const bool names_a_field = where.find(": ") != std::string::npos;
  return concat(where, names_a_field ? "." : ": ", field);
}

ConfigReader::ConfigReader(const Json& object, std::string where)
    : object_(object), where_(std::move(where)) {
  check(
      object_.is_object(),
      where_,
      ": expected an object, got ",
      object_.type_name());
}

void ConfigReader::finish() const {
  for (const auto& [name, value] : object_.items()) {
    check(
        std::find(known_.begin(), known_.end(), name) != known_.end(),
        where_,
        ": no field named \"",
        name,
        "\"",
        did_you_mean(name, known_));
  }
}

void apply_override(Json& json, const std::string& assignment) {
  const size_t equals = assignment.find('=');
  check<UsageError>(
      equals != std::string::npos && equals > 0,
      "--set ",
      assignment,
      ": expected path.to.field=value");
  const std::string path = assignment.substr(0, equals);
  const std::string text = assignment.substr(equals + 1);
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) {
    value = text;
  }
  Json* target = &json;
  size_t begin = 0;
  while (true) {
    const size_t dot = path.find('.', begin);
    const std::string step = path.substr(begin, dot - begin);
    check<UsageError>(
        !step.empty(), "--set ", assignment, ": a field name is empty");
    if (target->is_array()) {
      const bool number =
          std::all_of(step.begin(), step.end(), [](unsigned char c) {
            return c >= '0' && c <= '9';
          });
      check<UsageError>(
          number && step.size() < 9 && std::stoul(step) < target->size(),
          "--set ",
          assignment,
          ": \"",
          step,
          "\" is not an index of a list of length ",
          target->size());
      target = &(*target)[std::stoul(step)];
    } else {
      check<UsageError>(
          target->is_object() || target->is_null(),
          "--set ",
          assignment,
          ": there is no object or list before \"",
          step,
          "\"");
      target = &(*target)[step];
    }
    if (dot == std::string::npos) {
      break;
    }
    begin = dot + 1;
  }
  *target = std::move(value);
}

void detail::wrong_type(
    const std::string& where,
    const std::string& expected,
    const Json& value) {
  // A string from the command line need not be UTF-8.
  const std::string got =
      value.dump(-1, ' ', false, Json::error_handler_t::replace);
  throw InputError(concat(where, ": expected ", expected, ", got ", got));
}

} // namespace microfiche
