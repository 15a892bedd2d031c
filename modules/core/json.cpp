#include "core/json.h"

#include "core/error.h"
#include "core/files.h"
#include "core/git_lfs.h"
#include "core/utf8.h"

#include <cmath>
#include <cstdint>
#include <unordered_set>
#include <utility>
#include <vector>

namespace microfiche {
namespace {

constexpr size_t kMaxDepth = 64;

/// Builds the value during parsing, so that the limits hold before memory is
/// used, and in linear time: nlohmann's own builder searches all earlier fields
/// for each field of an object.
class LimitedBuilder {
 public:
  LimitedBuilder(Json& root, const std::string& where, size_t max_values)
      : root_(root), where_(where), max_values_(max_values) {}

  bool null() {
    return add(nullptr);
  }
  bool boolean(bool value) {
    return add(value);
  }
  bool number_integer(int64_t value) {
    return add(value);
  }
  bool number_unsigned(uint64_t value) {
    return add(value);
  }
  bool number_float(double value, const std::string&) {
    return add(value);
  }
  bool string(std::string& value) {
    return add(std::move(value));
  }
  bool binary(Json::binary_t& value) {
    return add(std::move(value));
  }
  bool start_object(size_t) {
    return open(Json::object());
  }
  bool start_array(size_t) {
    return open(Json::array());
  }
  bool end_array() {
    open_.pop_back();
    return true;
  }

  bool key(std::string& name) {
    auto& fields = open_.back()->get_ref<Json::object_t&>();
    field_ = &fields.emplace_back(std::move(name), nullptr).second;
    return true;
  }

  bool end_object() {
    std::unordered_set<std::string_view> names;
    for (const auto& field : open_.back()->get_ref<Json::object_t&>()) {
      check(
          names.insert(field.first).second,
          where_,
          ": field \"",
          field.first,
          "\" is given twice");
    }
    open_.pop_back();
    return true;
  }

  bool parse_error(
      size_t,
      const std::string&,
      const nlohmann::detail::exception& error) {
    throw InputError(concat(where_, ": not JSON: ", error.what()));
  }

 private:
  template <typename T>
  Json& append(T&& value) {
    check(
        ++num_values_ <= max_values_,
        where_,
        ": has more than ",
        max_values_,
        " values");
    if (open_.empty()) {
      return root_ = std::forward<T>(value);
    }
    if (open_.back()->is_array()) {
      return open_.back()->get_ref<Json::array_t&>().emplace_back(
          std::forward<T>(value));
    }
    return *field_ = std::forward<T>(value);
  }

  template <typename T>
  bool add(T&& value) {
    append(std::forward<T>(value));
    return true;
  }

  bool open(Json container) {
    check(open_.size() < kMaxDepth, where_, ": nests deeper than ", kMaxDepth);
    open_.push_back(&append(std::move(container)));
    return true;
  }

  Json& root_;
  const std::string& where_;
  size_t max_values_;
  // Open objects and lists. They do not move, because only the last one grows.
  std::vector<Json*> open_;
  Json* field_ = nullptr;
  size_t num_values_ = 0;
};

} // namespace

Json parse_json(
    std::string_view text,
    const std::string& where,
    size_t max_values) {
  refuse_git_lfs_pointer(text, where);
  Json root;
  LimitedBuilder builder(root, where, max_values);
  Json::sax_parse(text, &builder);
  return root;
}

Json read_json_file(const std::filesystem::path& path) {
  return parse_json(read_file(path, kMaxJsonFileBytes), path.string());
}

void write_json_file(const std::filesystem::path& path, const Json& json) {
  write_file(path, json.dump(2) + "\n");
}

Json finite_or_null(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

std::string json_excerpt(const Json& value) {
  constexpr size_t kMaxBytes = 60;
  auto text = value.dump();
  if (text.size() > kMaxBytes) {
    const auto size = concat(text.size());
    text.resize(kMaxBytes);
    text.resize(valid_utf8_prefix(text));
    text += concat("... (", size, " bytes)");
  }
  return text;
}

} // namespace microfiche
