#pragma once

#include "core/json.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace microfiche::server {

/// Reads the fields of a JSON object that a client sent. A field that is null
/// counts as left out. Each function throws `ApiError` (status 400) that names
/// the field.
class RequestFields {
 public:
  /// `path` is the object's own path, such as "messages[0]"; empty for the
  /// body. Throws unless `json` is an object.
  RequestFields(const Json& json, std::string path);

  /// The field, or null if it is left out.
  const Json* find(const std::string& name);

  /// A field of the type, if it is there. Whole numbers must lie in
  /// [lowest, highest], numbers too.
  std::optional<bool> boolean(const std::string& name);
  std::optional<std::string> text(const std::string& name);
  std::optional<int64_t>
  whole(const std::string& name, int64_t lowest, int64_t highest = INT64_MAX);
  std::optional<double>
  number(const std::string& name, double lowest, double highest);

  /// Refuses another value than the neutral ones.
  void only(const std::string& name, const std::vector<Json>& neutral);

  /// Fields without an effect.
  void ignore(const std::vector<std::string>& names);

  /// Refuses fields that were not read.
  void finish() const;

  /// The field's path, such as "messages[0].role".
  std::string path_of(const std::string& name) const;

  [[noreturn]] void refuse(const std::string& name, const std::string& expected)
      const;

 private:
  const Json& json_;
  std::string path_;
  std::set<std::string> known_;
};

} // namespace microfiche::server
