#include "analysis/cell_labels.h"

#include <map>

#include "core/error.h"

namespace microfiche::analysis {
namespace {

constexpr const char* kDash = "\u2013";

/// Names and values of the coordinates other than length and conditions.
std::vector<std::pair<std::string, std::string>> setting_coordinates(
    const sweep::Cell& cell) {
  std::vector<std::pair<std::string, std::string>> setting = {
      {"mode", cell.mode}, {"style", cell.style}};
  for (const auto& coordinate :
       sweep::optional_coordinates(sweep::without_conditions(cell))) {
    setting.push_back(coordinate);
  }
  return setting;
}

} // namespace

std::string length_label(const sweep::Cell& cell) {
  return cell.characters_per_token
      ? exact(*cell.characters_per_token) + " characters/token"
      : concat(
            cell.text_tokens->first,
            kDash,
            cell.text_tokens->second,
            " text tokens");
}

std::string short_length_label(const sweep::Cell& cell) {
  return cell.characters_per_token
      ? exact(*cell.characters_per_token) + "/token"
      : concat(
            cell.text_tokens->first,
            kDash,
            cell.text_tokens->second,
            " tokens");
}

std::string content_label(const sweep::Cell& cell) {
  auto name = cell.text_condition;
  for (const auto& [coordinate, value] : sweep::optional_coordinates(cell)) {
    name += concat(", ", coordinate, " ", value);
  }
  return name;
}

std::string condition_label(const sweep::Cell& cell) {
  std::string name = cell.text_condition == conditions::kNaturalText
      ? ""
      : cell.text_condition;
  for (const auto& condition : {cell.page_condition, cell.token_condition}) {
    if (condition) {
      name += (name.empty() ? "" : " + ") + *condition;
    }
  }
  return name.empty() ? "untouched" : name;
}

std::string condition_and_axes_label(const sweep::Cell& cell) {
  auto label = condition_label(cell);
  for (const auto& [axis, value] :
       sweep::optional_coordinates(sweep::without_conditions(cell))) {
    label += concat(", ", axis, " ", value);
  }
  return label;
}

Table make_cell_table(
    const std::string& content_column,
    const std::vector<std::string>& columns) {
  Table table;
  table.header = {"mode", "style", "length", content_column, "pages"};
  table.header.insert(table.header.end(), columns.begin(), columns.end());
  return table;
}

void add_cell_row(
    Table& table,
    const sweep::Cell& cell,
    const std::string& content,
    int64_t pages,
    const std::vector<std::string>& values) {
  std::vector<std::string> row = {
      cell.mode,
      cell.style,
      length_label(cell),
      content,
      std::to_string(pages)};
  row.insert(row.end(), values.begin(), values.end());
  table.rows.push_back(std::move(row));
}

CellLabels::CellLabels(const std::vector<sweep::Cell>& cells) {
  std::map<std::string, std::set<std::string>> values;
  for (const auto& cell : cells) {
    for (const auto& [coordinate, value] : setting_coordinates(cell)) {
      values[coordinate].insert(value);
    }
    values["length"].insert(length_label(cell));
    values["condition"].insert(condition_label(cell));
  }
  for (const auto& [coordinate, different] : values) {
    if (different.size() > 1) {
      varying_.insert(coordinate);
    }
  }
}

bool CellLabels::varies(const std::string& coordinate) const {
  return varying_.contains(coordinate);
}

std::string CellLabels::make_label(
    const sweep::Cell& cell,
    bool with_length,
    bool with_condition) const {
  std::string name;
  const auto extend = [&](const std::string& part) {
    name += (name.empty() ? "" : ", ") + part;
  };
  for (const auto& [coordinate, value] : setting_coordinates(cell)) {
    if (varies(coordinate)) {
      const bool is_clear = coordinate == "mode" || coordinate == "style";
      extend(is_clear ? value : coordinate + " " + value);
    }
  }
  if (with_length && varies("length")) {
    extend(length_label(cell));
  }
  if (with_condition && varies("condition")) {
    extend(condition_label(cell));
  }
  return name.empty() ? cell.mode : name;
}

std::string CellLabels::setting(const sweep::Cell& cell) const {
  return make_label(cell, false, false);
}

std::string CellLabels::setting_and_length(const sweep::Cell& cell) const {
  return make_label(cell, true, false);
}

std::string CellLabels::full(const sweep::Cell& cell) const {
  return make_label(cell, true, true);
}

} // namespace microfiche::analysis
