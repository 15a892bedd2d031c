#pragma once

#include "core/json.h"

#include <filesystem>
#include <optional>
#include <string>

namespace microfiche {

/// A place where two JSON values differ.
struct JsonDifference {
  /// Names and list indices joined by dots, as `--set` takes them:
  /// "stages.0.steps"; empty if the values are no objects or lists.
  std::string path;

  /// The two values as text, cut after 200 bytes; "nothing" if a value is
  /// absent.
  std::string before;
  std::string now;
};

/// The first difference in the order of `now`'s fields, as deep inside as
/// possible; nothing for equal values. `path` is that of the values themselves.
std::optional<JsonDifference> first_difference(
    const Json& before,
    const Json& now,
    const std::string& path = "");

/// Throws `InputError` if a run's folder was begun with another value: `file`
/// has the first one. `what` comes before the path of the difference.
void check_same_run(
    const std::filesystem::path& file,
    const std::string& what,
    const std::optional<JsonDifference>& difference);

} // namespace microfiche
