#include "model/output_window.h"

#include "core/error.h"
#include "model/config_field.h"

#include <utility>
#include <vector>

namespace microfiche::model {
namespace {

constexpr const char* kWindowField = "sliding_window_size";
constexpr const char* kOldWindowField = "sliding_window";

/// The objects that may state a window, and what messages call them.
std::vector<std::pair<std::string, Json>> objects_with_window(
    const Json& config,
    const std::string& where) {
  return {
      {where + ": language_config", value_of(config, "language_config")},
      {where, config}};
}

} // namespace

std::optional<int64_t> find_window(
    const Json& config,
    const ModelFamily& family,
    const std::string& where) {
  constexpr int64_t kMaxWindow = int64_t{1} << 24;
  std::optional<int64_t> window;
  std::string found_in;
  for (const char* field : {kWindowField, kOldWindowField}) {
    for (const auto& [object_name, object] :
         objects_with_window(config, where)) {
      const Json value = value_of(object, field);
      if (value.is_null()) {
        continue;
      }
      const std::string name = concat(object_name, ": ", field);
      check(
          value.is_number_integer() && value >= 1 && value <= kMaxWindow,
          name,
          ": expected a whole number from 1 to ",
          kMaxWindow,
          ", got ",
          value.dump());
      check(
          window || family.has_window || field == kWindowField,
          name,
          ": ",
          family.name,
          " has no such window, got ",
          value.dump(),
          "; to let it forget its own output, state ",
          kWindowField);
      check(
          !window || value == *window,
          name,
          " is ",
          value.dump(),
          " but ",
          found_in,
          " is ",
          window.value_or(0));
      window = value.get<int64_t>();
      found_in = name;
    }
  }
  check(
      window || !family.has_window,
      where,
      ": language_config.",
      kWindowField,
      ": expected a whole number, as ",
      family.name,
      " forgets its own output, got null");
  return window;
}

void set_window(Json& config, int64_t window) {
  config["language_config"][kWindowField] = window;
  for (const char* field : {kWindowField, kOldWindowField}) {
    for (Json* object : {&config, &config["language_config"]}) {
      if (!value_of(*object, field).is_null()) {
        (*object)[field] = window;
      }
    }
  }
}

} // namespace microfiche::model
