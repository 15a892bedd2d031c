#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conditions/text/text_condition.h"

namespace microfiche::sweep {

/// The coordinates of a cell in the grid of a sweep.
struct Cell {
  std::string mode;

  /// The condition of its text.
  std::string text_condition = conditions::kNaturalText;
  std::string style;

  /// The length of the text: one of the two.
  std::optional<double> characters_per_token;
  std::optional<std::pair<int64_t, int64_t>> text_tokens;

  /// The conditions of its pages and of their tokens, where there are any.
  std::optional<std::string> page_condition = std::nullopt;
  std::optional<std::string> token_condition = std::nullopt;

  /// Values of axes that the sweep has.
  std::optional<std::string> model = std::nullopt;
  std::optional<std::string> dtype = std::nullopt;
  std::optional<std::string> source = std::nullopt;
  std::optional<uint64_t> seed = std::nullopt;
  std::optional<std::string> prompt = std::nullopt;
  std::optional<std::string> decoding = std::nullopt;

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
  visit("source", cell.source);
  visit("seed", cell.seed);
  visit("prompt", cell.prompt);
  visit("decoding", cell.decoding);
}

/// The coordinates that most sweeps do not have, with their names: those from
/// `page` on that are there.
std::vector<std::pair<std::string, std::string>> optional_coordinates(
    const Cell& cell);

/// A name that no other cell of the sweep has, such as "tiny/corpus/plain/10",
/// "tiny/corpus/plain/600-700" or "tiny/corpus/plain/10/page=rotation:3".
std::string name_of(const Cell& cell);

/// The id of a page of a cell, such as "tiny/corpus/plain/10/0".
std::string id_of(const Cell& cell, int64_t page);

/// The cell with natural text and without conditions, the other coordinates the
/// same.
Cell without_conditions(Cell cell);

/// The coordinates that decide what stands on the pages before anything is done
/// to them, the others left out.
Cell page_coordinates(Cell cell);

} // namespace microfiche::sweep
