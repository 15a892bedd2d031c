#pragma once

#include "core/json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::memory {

/// A value inside an untrusted JSON file and its place, which starts every
/// message: `chat.json: conversation 3 (line 120): messages[2].role`.
///
/// The JSON must outlive the field.
class JsonField {
 public:
  JsonField(const Json& value, std::string where)
      : value_(&value), where_(std::move(where)) {}

  const Json& json() const {
    return *value_;
  }
  const std::string& where() const {
    return where_;
  }

  // All of these throw `InputError` for a value of another type.

  /// A field of an object; none if it is absent or null.
  std::optional<JsonField> find(const char* name) const;

  /// A field of an object, which must have it.
  JsonField at(const char* name) const;

  /// The elements of a list.
  std::vector<JsonField> elements() const;

  const std::string& text() const;
  bool boolean() const;
  double number() const;
  int64_t integer() const;

  /// A text or a whole number, as a text.
  std::string name() const;

  /// Milliseconds since 1970, from seconds or a text of ISO 8601.
  int64_t time_ms() const;

  /// Throws `InputError` that says what was expected here, and what came.
  [[noreturn]] void fail(const std::string& expected) const;

  // For a field that may be absent.

  /// The text of a field; empty without one.
  std::string text_or_empty(const char* name) const;

  /// The elements of a list; none without the field.
  std::vector<JsonField> elements_or_none(const char* name) const;

  /// False without the field.
  bool is_set(const char* name) const;

  std::optional<int64_t> optional_time_ms(const char* name) const;

 private:
  void require_object() const;

  const Json* value_;
  std::string where_;
  /// Whether the place of a field inside continues a path with a point.
  bool in_path_ = false;
};

} // namespace microfiche::memory
