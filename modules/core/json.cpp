#include "core/json.h"

#include "core/error.h"
#include "core/files.h"

#include <cmath>
#include <set>
#include <vector>

namespace microfiche {
namespace {

constexpr int kDeepest = 64;

} // namespace

Json parse_json(std::string_view text, const std::string& where) {
  // Objects that are open at this point, each with the names seen in it.
  std::vector<std::set<std::string>> open;
  const Json::parser_callback_t watch =
      [&](int depth, Json::parse_event_t event, Json& parsed) {
        check(depth < kDeepest, where, ": nests deeper than ", kDeepest);
        if (event == Json::parse_event_t::object_start) {
          open.emplace_back();
        } else if (event == Json::parse_event_t::object_end) {
          open.pop_back();
        } else if (event == Json::parse_event_t::key) {
          const auto name = parsed.get<std::string>();
          check(
              open.back().insert(name).second,
              where,
              ": field \"",
              name,
              "\" is given twice");
        }
        return true;
      };
  try {
    return Json::parse(text, watch);
  } catch (const Json::exception& error) {
    throw InputError(concat(where, ": not JSON: ", error.what()));
  }
}

Json read_json_file(const std::filesystem::path& path) {
  return parse_json(read_file(path), path.string());
}

void write_json_file(const std::filesystem::path& path, const Json& json) {
  write_file(path, json.dump(2) + "\n");
}

Json finite_or_null(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

} // namespace microfiche
