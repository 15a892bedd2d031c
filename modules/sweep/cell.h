#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "conditions/text/text_condition.h"

namespace microfiche::sweep {

/// The coordinates of a cell in the grid of a sweep.
struct Cell {
  std::string mode;

  /// The condition of the text.
  std::string text_condition = conditions::kNaturalText;
  std::string style;

  /// The length of the text: exactly one of the two.
  std::optional<double> characters_per_token;
  std::optional<std::pair<int64_t, int64_t>> text_tokens;

  /// The conditions of the pages and of their vision tokens, if any.
  std::optional<std::string> page_condition = std::nullopt;
  std::optional<std::string> token_condition = std::nullopt;

  /// Values on the axes of the sweep; absent for an axis that it does not have.
  std::optional<std::string> model = std::nullopt;
  std::optional<std::string> dtype = std::nullopt;
  std::optional<int64_t> window = std::nullopt;
  std::optional<std::string> source = std::nullopt;
  std::optional<uint64_t> seed = std::nullopt;
  std::optional<std::string> prompt = std::nullopt;
  std::optional<std::string> decoding = std::nullopt;
  std::optional<std::string> reader = std::nullopt;

  bool operator==(const Cell&) const = default;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, Cell& cell) {
  visit("mode", cell.mode);
  visit("text", cell.text_condition);
  visit("style", cell.style);
  visit("characters_per_token", cell.characters_per_token);
  visit("text_tokens", cell.text_tokens);
  visit("page", cell.page_condition);
  visit("tokens", cell.token_condition);
  visit("model", cell.model);
  visit("dtype", cell.dtype);
  visit("window", cell.window);
  visit("source", cell.source);
  visit("seed", cell.seed);
  visit("prompt", cell.prompt);
  visit("decoding", cell.decoding);
  visit("reader", cell.reader);
}

/// How a page of the cell is read, whatever stands on it: the coordinates that
/// a `Cell` and the `BlankReading` that belongs to it share.
template <typename T>
auto reading_coordinates(T& of) {
  return std::tie(
      of.model, of.dtype, of.window, of.prompt, of.decoding, of.reader);
}

/// Names and values of the coordinates from `page_condition` on that the cell
/// has.
std::vector<std::pair<std::string, std::string>> optional_coordinates(
    const Cell& cell);

/// A name that is unique in the sweep, such as "tiny/corpus/plain/10",
/// "tiny/corpus/plain/600-700" or "tiny/corpus/plain/10/page=rotation:3".
std::string name_of(const Cell& cell);

/// The id of a page of a cell, such as "tiny/corpus/plain/10/0".
std::string id_of(const Cell& cell, int64_t page);

/// The cell with natural text and without conditions; its other coordinates are
/// the same.
Cell without_conditions(Cell cell);

/// Only the coordinates that decide which pages are drawn, before any page
/// condition.
Cell page_coordinates(Cell cell);

} // namespace microfiche::sweep
