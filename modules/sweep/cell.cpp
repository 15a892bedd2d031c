#include "sweep/cell.h"

#include "conditions/condition.h"
#include "core/error.h"
#include "core/table.h"

namespace microfiche::sweep {

std::vector<std::pair<std::string, std::string>> optional_coordinates(
    const Cell& cell) {
  std::vector<std::pair<std::string, std::string>> coordinates;
  const auto add = [&](const char* name, const auto& value) {
    if (value) {
      coordinates.emplace_back(name, concat(*value));
    }
  };
  add("page", cell.page_condition);
  add("tokens", cell.token_condition);
  add("model", cell.model);
  add("dtype", cell.dtype);
  add("window", cell.window);
  add("source", cell.source);
  add("seed", cell.seed);
  add("prompt", cell.prompt);
  add("decoding", cell.decoding);
  add("reader", cell.reader);
  return coordinates;
}

std::string name_of(const Cell& cell) {
  const auto length = cell.characters_per_token
      ? exact(*cell.characters_per_token)
      : concat(cell.text_tokens->first, "-", cell.text_tokens->second);
  auto name =
      concat(cell.mode, "/", cell.text_condition, "/", cell.style, "/", length);
  for (const auto& [coordinate, value] : optional_coordinates(cell)) {
    name += concat("/", coordinate, "=", value);
  }
  return name;
}

std::string id_of(const Cell& cell, int64_t page) {
  return concat(name_of(cell), "/", page);
}

Cell without_conditions(Cell cell) {
  cell.text_condition = conditions::kNaturalText;
  cell.page_condition.reset();
  cell.token_condition.reset();
  return cell;
}

Cell page_coordinates(Cell cell) {
  const Cell none;
  cell.page_condition.reset();
  cell.token_condition.reset();
  reading_coordinates(cell) = reading_coordinates(none);
  return cell;
}

} // namespace microfiche::sweep
