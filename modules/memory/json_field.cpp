#include "memory/json_field.h"

#include "core/error.h"
#include "memory/timestamp.h"

#include <limits>

namespace microfiche::memory {

void JsonField::fail(const std::string& expected) const {
  throw InputError(
      concat(where_, ": expected ", expected, ", got ", json_excerpt(*value_)));
}

void JsonField::require_object() const {
  if (!value_->is_object()) {
    fail("an object");
  }
}

std::optional<JsonField> JsonField::find(const char* name) const {
  require_object();
  const auto found = value_->find(name);
  if (found == value_->end() || found->is_null()) {
    return std::nullopt;
  }
  JsonField field(*found, concat(where_, in_path_ ? "." : ": ", name));
  field.in_path_ = true;
  return field;
}

JsonField JsonField::at(const char* name) const {
  auto field = find(name);
  check(
      field.has_value(),
      where_,
      ": expected a field \"",
      name,
      "\", got ",
      value_->contains(name) ? "null" : "none");
  return *field;
}

std::vector<JsonField> JsonField::elements() const {
  if (!value_->is_array()) {
    fail("a list");
  }
  std::vector<JsonField> list;
  list.reserve(value_->size());
  for (const Json& element : *value_) {
    list.emplace_back(element, concat(where_, "[", list.size(), "]"));
    list.back().in_path_ = true;
  }
  return list;
}

const std::string& JsonField::text() const {
  if (!value_->is_string()) {
    fail("a text");
  }
  return value_->get_ref<const std::string&>();
}

bool JsonField::boolean() const {
  if (!value_->is_boolean()) {
    fail("true or false");
  }
  return value_->get<bool>();
}

double JsonField::number() const {
  if (!value_->is_number()) {
    fail("a number");
  }
  return value_->get<double>();
}

int64_t JsonField::integer() const {
  const bool fits = value_->is_number_integer() &&
      (!value_->is_number_unsigned() ||
       value_->get<uint64_t>() <=
           static_cast<uint64_t>(std::numeric_limits<int64_t>::max()));
  if (!fits) {
    fail("a whole number");
  }
  return value_->get<int64_t>();
}

std::string JsonField::name() const {
  if (value_->is_number_integer()) {
    return value_->dump();
  }
  if (!value_->is_string() || text().empty()) {
    fail("a name");
  }
  return text();
}

int64_t JsonField::time_ms() const {
  const auto time = value_->is_number() ? time_from_seconds(number())
      : value_->is_string()             ? parse_time(text())
                                        : std::nullopt;
  if (!time) {
    fail("a time, in seconds since 1970 or as 2026-03-01T09:30:00Z");
  }
  return *time;
}

std::string JsonField::text_or_empty(const char* name) const {
  const auto field = find(name);
  return field ? field->text() : std::string();
}

std::vector<JsonField> JsonField::elements_or_none(const char* name) const {
  const auto field = find(name);
  return field ? field->elements() : std::vector<JsonField>();
}

bool JsonField::is_set(const char* name) const {
  const auto field = find(name);
  return field && field->boolean();
}

std::optional<int64_t> JsonField::optional_time_ms(const char* name) const {
  const auto field = find(name);
  return field ? std::optional(field->time_ms()) : std::nullopt;
}

} // namespace microfiche::memory
