#pragma once

#include "core/error.h"
#include "core/json.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace microfiche {

// Note [Configs]
// A config is a plain struct that lists its fields once, in a function found by
// argument-dependent lookup:
//
//   template <typename Visitor>
//   void visit_fields(Visitor&& visit, SweepConfig& config) {
//     visit("modes", config.modes);
//     visit("pages", config.pages);
//   }
//
// and may have a `validate(const SweepConfig&, const std::string& where)` that
// throws `InputError` for invalid values. Fields may be bool,
// integers, doubles, strings, enums with nlohmann's
// NLOHMANN_JSON_SERIALIZE_ENUM, configs, and vectors, pairs, optionals and
// string maps of these. The same list reads, writes and compares.
//
// The `///` comment directly above a field is its meaning in docs/configs.md,
// which `tools/config_reference` writes. A comment serves one field alone.

namespace detail {
struct FieldProbe {
  template <typename T>
  void operator()(const char*, T&) {}
};
} // namespace detail

/// A struct with `visit_fields`, see Note [Configs].
template <typename T>
concept ConfigStruct = requires(detail::FieldProbe& probe, T& value) {
  visit_fields(probe, value);
};

template <typename T>
concept ValidatedConfig = requires(const T& value, const std::string& where) {
  validate(value, where);
};

/// The known name with the smallest edit distance to `name`, as
/// `; did you mean "x"?`; empty when none is close.
std::string did_you_mean(
    const std::string& name,
    const std::vector<std::string>& known);

/// `where` and a field inside it: "smoke.json: stages", and after a field
/// "smoke.json: page_style.margin".
std::string field_path(const std::string& where, const std::string& field);

/// Throws `InputError` naming the field unless the value is from 0 to 1.
inline void
check_fraction(double value, const char* field, const std::string& where) {
  check(
      value >= 0 && value <= 1,
      field_path(where, field),
      ": must be from 0 to 1, got ",
      value);
}

/// Reads the fields of one JSON object into a config struct.
///
/// A field that the object leaves out keeps its default. A value of the wrong
/// type, and in `finish` a field that the struct does not have, throws
/// `InputError` naming the file and the path of the field.
class ConfigReader {
 public:
  /// `where` starts every message: the file's name, such as "smoke.json", and
  /// for an object inside it the path of its field, see `field_path`. `object`
  /// must outlive the reader.
  ConfigReader(const Json& object, std::string where);

  template <typename T>
  void operator()(const char* name, T& field);

  /// Throws `InputError` when the object has a field that was not read.
  void finish() const;

 private:
  const Json& object_;
  std::string where_;
  std::vector<std::string> known_;
};

/// Reads and validates a config; see Note [Configs].
template <ConfigStruct T>
T read_config(const Json& json, const std::string& where);

/// The whole config as JSON, defaults included.
template <ConfigStruct T>
Json write_config(const T& config);

/// Sets `path.to.field=value` in `json`. The value is JSON, or else a string. A
/// list element is named by its index. Throws `UsageError` without a `=`.
void apply_override(Json& json, const std::string& assignment);

/// Reads a config file and applies overrides from `--set`.
template <ConfigStruct T>
T load_config(
    const std::filesystem::path& path,
    const std::vector<std::string>& overrides = {}) {
  Json json = read_json_file(path);
  for (const auto& assignment : overrides) {
    apply_override(json, assignment);
  }
  return read_config<T>(json, path.string());
}

namespace detail {

template <typename T>
struct is_vector : std::false_type {};
template <typename T>
struct is_vector<std::vector<T>> : std::true_type {};
template <typename T>
struct is_optional : std::false_type {};
template <typename T>
struct is_optional<std::optional<T>> : std::true_type {};
template <typename T>
struct is_pair : std::false_type {};
template <typename A, typename B>
struct is_pair<std::pair<A, B>> : std::true_type {};
template <typename T>
struct is_string_map : std::false_type {};
template <typename T>
struct is_string_map<std::map<std::string, T>> : std::true_type {};

[[noreturn]] void wrong_type(
    const std::string& where,
    const std::string& expected,
    const Json& value);

/// The names of an enum whose values are 0, 1, 2 ...
template <typename T>
std::string known_names() {
  // An unknown value is written as the first one.
  std::string names = Json(T{}).dump();
  for (int i = 1; Json(static_cast<T>(i)) != Json(T{}); ++i) {
    names += " or " + Json(static_cast<T>(i)).dump();
  }
  return names;
}

template <typename T>
void read_value(const Json& json, T& value, const std::string& where) {
  if constexpr (std::is_same_v<T, Json>) {
    value = json;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!json.is_boolean()) {
      wrong_type(where, "true or false", json);
    }
    value = json.get<bool>();
  } else if constexpr (std::is_integral_v<T>) {
    if (!json.is_number_integer() ||
        (std::is_unsigned_v<T> && !json.is_number_unsigned()) ||
        (json.is_number_unsigned() &&
         !std::in_range<T>(json.get<uint64_t>())) ||
        (!json.is_number_unsigned() &&
         !std::in_range<T>(json.get<int64_t>()))) {
      wrong_type(where, "a whole number in range", json);
    }
    value = json.get<T>();
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!json.is_number()) {
      wrong_type(where, "a number", json);
    }
    value = json.get<T>();
  } else if constexpr (
      std::is_same_v<T, std::string> ||
      std::is_same_v<T, std::filesystem::path>) {
    if (!json.is_string()) {
      wrong_type(where, "a string", json);
    }
    value = json.get<std::string>();
  } else if constexpr (std::is_enum_v<T>) {
    // NLOHMANN_JSON_SERIALIZE_ENUM reads an unknown name as the first value, so
    // compare what it writes back.
    const T read = json.get<T>();
    if (Json(read) != json) {
      wrong_type(where, known_names<T>(), json);
    }
    value = read;
  } else if constexpr (is_vector<T>::value) {
    if (!json.is_array()) {
      wrong_type(where, "a list", json);
    }
    value.clear();
    for (size_t i = 0; i < json.size(); ++i) {
      typename T::value_type element{};
      read_value(json[i], element, where + "[" + std::to_string(i) + "]");
      value.push_back(std::move(element));
    }
  } else if constexpr (is_pair<T>::value) {
    if (!json.is_array() || json.size() != 2) {
      wrong_type(where, "a list of two", json);
    }
    read_value(json[0], value.first, where + "[0]");
    read_value(json[1], value.second, where + "[1]");
  } else if constexpr (is_optional<T>::value) {
    if (json.is_null()) {
      value.reset();
    } else {
      typename T::value_type inner{};
      read_value(json, inner, where);
      value = std::move(inner);
    }
  } else if constexpr (is_string_map<T>::value) {
    if (!json.is_object()) {
      wrong_type(where, "an object", json);
    }
    value.clear();
    for (const auto& [name, entry] : json.items()) {
      read_value(entry, value[name], where + "." + name);
    }
  } else {
    static_assert(
        ConfigStruct<T>, "fields of this type cannot be read from a config");
    if (!json.is_object()) {
      wrong_type(where, "an object", json);
    }
    ConfigReader reader(json, where);
    visit_fields(reader, value);
    reader.finish();
    if constexpr (ValidatedConfig<T>) {
      validate(std::as_const(value), where);
    }
  }
}

struct ConfigWriter {
  Json& json;
  template <typename T>
  void operator()(const char* name, T& field);
};

template <typename T>
Json write_value(const T& value) {
  if constexpr (is_vector<T>::value) {
    Json list = Json::array();
    for (const auto& element : value) {
      list.push_back(write_value(element));
    }
    return list;
  } else if constexpr (is_pair<T>::value) {
    return Json::array({write_value(value.first), write_value(value.second)});
  } else if constexpr (is_optional<T>::value) {
    return value ? write_value(*value) : Json(nullptr);
  } else if constexpr (is_string_map<T>::value) {
    Json object = Json::object();
    for (const auto& [name, entry] : value) {
      object[name] = write_value(entry);
    }
    return object;
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    return value.string();
  } else if constexpr (ConfigStruct<T>) {
    Json object = Json::object();
    ConfigWriter writer{object};
    // visit_fields takes a reference because readers change the struct.
    T copy = value;
    visit_fields(writer, copy);
    return object;
  } else {
    return Json(value);
  }
}

template <typename T>
void ConfigWriter::operator()(const char* name, T& field) {
  json[name] = write_value(field);
}

} // namespace detail

template <typename T>
void ConfigReader::operator()(const char* name, T& field) {
  known_.emplace_back(name);
  const auto found = object_.find(name);
  if (found != object_.end()) {
    detail::read_value(*found, field, field_path(where_, name));
  }
}

template <ConfigStruct T>
T read_config(const Json& json, const std::string& where) {
  T config{};
  detail::read_value(json, config, where);
  return config;
}

template <ConfigStruct T>
Json write_config(const T& config) {
  return detail::write_value(config);
}

} // namespace microfiche
