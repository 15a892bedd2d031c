#include "core/large_json.h"

#include "core/error.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace microfiche {
namespace {

using nlohmann::json;

constexpr size_t kDeepest = 64;

/// Builds the value as it is parsed.
class Builder {
 public:
  Builder(json& root, const std::string& where) : root_(root), where_(where) {}

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
  bool binary(json::binary_t& value) {
    return add(std::move(value));
  }
  bool start_object(size_t) {
    return open(json::object());
  }
  bool start_array(size_t) {
    return open(json::array());
  }
  bool end_object() {
    open_.pop_back();
    return true;
  }
  bool end_array() {
    open_.pop_back();
    return true;
  }

  bool key(std::string& name) {
    auto& fields = open_.back()->get_ref<json::object_t&>();
    const auto [field, fresh] = fields.try_emplace(std::move(name));
    check(fresh, where_, ": field \"", field->first, "\" is given twice");
    field_ = &field->second;
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
  json* place(T&& value) {
    if (open_.empty()) {
      root_ = std::forward<T>(value);
      return &root_;
    }
    if (open_.back()->is_array()) {
      return &open_.back()->get_ref<json::array_t&>().emplace_back(
          std::forward<T>(value));
    }
    *field_ = std::forward<T>(value);
    return field_;
  }

  template <typename T>
  bool add(T&& value) {
    place(std::forward<T>(value));
    return true;
  }

  bool open(json container) {
    check(open_.size() < kDeepest, where_, ": nests deeper than ", kDeepest);
    open_.push_back(place(std::move(container)));
    return true;
  }

  json& root_;
  const std::string& where_;
  // Objects and lists that are open; what they point to does not move, since
  // only the last one grows.
  std::vector<json*> open_;
  json* field_ = nullptr;
};

} // namespace

json parse_large_json(std::string_view text, const std::string& where) {
  json root;
  Builder builder(root, where);
  json::sax_parse(text, &builder);
  return root;
}

} // namespace microfiche
