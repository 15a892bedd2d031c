#include "server/http/request_fields.h"

#include "core/config.h"
#include "server/http/api_error.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace microfiche::server {

RequestFields::RequestFields(const Json& json, std::string path)
    : json_(json), path_(std::move(path)) {
  if (!json.is_object()) {
    throw ApiError(
        400,
        concat(
            path_.empty() ? "the body" : path_,
            ": expected an object, got ",
            json_excerpt(json)),
        path_);
  }
}

std::string RequestFields::path_of(const std::string& name) const {
  return path_.empty() ? name : path_ + "." + name;
}

void RequestFields::refuse(const std::string& name, const std::string& expected)
    const {
  const auto field = json_.find(name);
  throw ApiError(
      400,
      concat(
          path_of(name),
          ": expected ",
          expected,
          field == json_.end() ? ", but it is missing"
                               : ", got " + json_excerpt(*field)),
      path_of(name));
}

const Json* RequestFields::find(const std::string& name) {
  known_.insert(name);
  const auto field = json_.find(name);
  return field == json_.end() || field->is_null() ? nullptr : &*field;
}

std::optional<bool> RequestFields::boolean(const std::string& name) {
  const Json* field = find(name);
  if (!field) {
    return std::nullopt;
  }
  if (!field->is_boolean()) {
    refuse(name, "true or false");
  }
  return field->get<bool>();
}

std::optional<std::string> RequestFields::text(const std::string& name) {
  const Json* field = find(name);
  if (!field) {
    return std::nullopt;
  }
  if (!field->is_string()) {
    refuse(name, "a string");
  }
  return field->get<std::string>();
}

std::optional<int64_t>
RequestFields::whole(const std::string& name, int64_t lowest, int64_t highest) {
  const Json* field = find(name);
  if (!field) {
    return std::nullopt;
  }
  const bool fits = field->is_number_integer() &&
      (!field->is_number_unsigned() ||
       std::in_range<int64_t>(field->get<uint64_t>()));
  if (!fits || field->get<int64_t>() < lowest ||
      field->get<int64_t>() > highest) {
    refuse(
        name,
        highest == INT64_MAX
            ? concat("a whole number of at least ", lowest)
            : concat("a whole number from ", lowest, " to ", highest));
  }
  return field->get<int64_t>();
}

std::optional<double>
RequestFields::number(const std::string& name, double lowest, double highest) {
  const Json* field = find(name);
  if (!field) {
    return std::nullopt;
  }
  if (!field->is_number() || !(field->get<double>() >= lowest) ||
      !(field->get<double>() <= highest)) {
    refuse(name, concat("a number from ", lowest, " to ", highest));
  }
  return field->get<double>();
}

void RequestFields::only(
    const std::string& name,
    const std::vector<Json>& neutral) {
  const Json* field = find(name);
  if (field && std::ranges::find(neutral, *field) == neutral.end()) {
    throw ApiError(
        400,
        concat(
            path_of(name),
            ": ",
            json_excerpt(*field),
            " is not supported; leave the field out"),
        path_of(name),
        "unsupported_field");
  }
}

void RequestFields::ignore(const std::vector<std::string>& names) {
  known_.insert(names.begin(), names.end());
}

void RequestFields::finish() const {
  for (const auto& [name, value] : json_.items()) {
    if (!known_.contains(name)) {
      throw ApiError(
          400,
          concat(
              path_of(name.substr(0, 80)),
              ": this server has no such field",
              did_you_mean(name.substr(0, 80), {known_.begin(), known_.end()})),
          path_of(name.substr(0, 80)),
          "unsupported_field");
    }
  }
}

} // namespace microfiche::server
