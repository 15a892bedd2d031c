#include "core/json_difference.h"

#include "core/error.h"
#include "core/utf8.h"

#include <algorithm>

namespace microfiche {
namespace {

std::string value_text(const Json* value) {
  constexpr size_t kMaxBytes = 200;
  if (value == nullptr) {
    return "nothing";
  }
  auto text = value->dump();
  if (text.size() > kMaxBytes) {
    text.resize(kMaxBytes);
    text.resize(valid_utf8_prefix(text));
    text += " ...";
  }
  return text;
}

std::string inner_path(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

/// Null pointers stand for absent values.
std::optional<JsonDifference>
compare(const Json* before, const Json* now, const std::string& path) {
  if (before != nullptr && now != nullptr) {
    if (*before == *now) {
      return std::nullopt;
    }
    if (before->is_object() && now->is_object()) {
      for (const auto& [name, value] : now->items()) {
        const auto found = before->find(name);
        const auto* old = found == before->end() ? nullptr : &*found;
        if (auto inner = compare(old, &value, inner_path(path, name))) {
          return inner;
        }
      }
      for (const auto& [name, value] : before->items()) {
        if (!now->contains(name)) {
          return compare(&value, nullptr, inner_path(path, name));
        }
      }
    }
    // Numbers in a list belong together, as in a range.
    const auto holds_objects = [](const Json& json) {
      return json.is_array() && !json.empty() &&
          std::all_of(json.begin(), json.end(), [](const Json& item) {
               return item.is_object();
             });
    };
    if (holds_objects(*before) && holds_objects(*now)) {
      for (size_t i = 0; i < std::max(before->size(), now->size()); ++i) {
        const auto* old = i < before->size() ? &(*before)[i] : nullptr;
        const auto* other = i < now->size() ? &(*now)[i] : nullptr;
        if (auto inner =
                compare(old, other, inner_path(path, std::to_string(i)))) {
          return inner;
        }
      }
    }
  }
  return JsonDifference{path, value_text(before), value_text(now)};
}

} // namespace

std::optional<JsonDifference>
first_difference(const Json& before, const Json& now, const std::string& path) {
  return compare(&before, &now, path);
}

void check_same_run(
    const std::filesystem::path& file,
    const std::string& what,
    const std::optional<JsonDifference>& difference) {
  if (difference) {
    throw InputError(concat(
        file.string(),
        ": this run was begun with ",
        what,
        difference->path,
        " = ",
        difference->before,
        ", now it is ",
        difference->now,
        "; restore it, or choose another folder with -o"));
  }
}

} // namespace microfiche
