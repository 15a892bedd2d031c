#include "experiments/runner/cell.h"

#include "core/error.h"
#include "core/table.h"
#include "experiments/conditions/condition.h"

namespace microfiche::experiments {

std::vector<std::pair<std::string, std::string>> further_coordinates(
    const Cell& cell) {
  std::vector<std::pair<std::string, std::string>> coordinates;
  const auto add = [&](const char* name, const auto& value) {
    if (value) {
      coordinates.emplace_back(name, concat(*value));
    }
  };
  add("page", cell.page);
  add("tokens", cell.tokens);
  add("model", cell.model);
  add("dtype", cell.dtype);
  add("source", cell.source);
  add("seed", cell.seed);
  add("prompt", cell.prompt);
  add("decoding", cell.decoding);
  return coordinates;
}

std::string name_of(const Cell& cell) {
  const auto length = cell.characters_per_token
      ? exact(*cell.characters_per_token)
      : concat(cell.text_tokens->first, "-", cell.text_tokens->second);
  auto name = concat(cell.mode, "/", cell.text, "/", cell.style, "/", length);
  for (const auto& [coordinate, value] : further_coordinates(cell)) {
    name += concat("/", coordinate, "=", value);
  }
  return name;
}

Cell untouched(Cell cell) {
  cell.text = kNaturalText;
  cell.page.reset();
  cell.tokens.reset();
  return cell;
}

} // namespace microfiche::experiments
