#include "sweep/sweep_cells.h"

#include "sweep/sweep_part.h"

#include <optional>
#include <set>
#include <utility>

namespace microfiche::sweep {
namespace {

/// One condition on each of the three axes.
struct Treatment {
  std::string text;
  std::string page;
  std::string tokens;
};

std::vector<Treatment> treatments_of(const SweepConditions& conditions) {
  std::vector<Treatment> all;
  if (conditions.combine == Combine::kGrid) {
    for (const auto& text : conditions.text) {
      for (const auto& page : conditions.page) {
        for (const auto& tokens : conditions.tokens) {
          all.push_back({text, page, tokens});
        }
      }
    }
    return all;
  }
  const Treatment base{
      conditions.text[0], conditions.page[0], conditions.tokens[0]};
  all.push_back(base);
  const auto vary = [&](std::string Treatment::*axis,
                        const std::vector<std::string>& values) {
    for (size_t i = 1; i < values.size(); ++i) {
      all.push_back(base);
      all.back().*axis = values[i];
    }
  };
  vary(&Treatment::text, conditions.text);
  vary(&Treatment::page, conditions.page);
  vary(&Treatment::tokens, conditions.tokens);
  return all;
}

std::optional<std::string> unless_none(const std::string& condition) {
  return condition == conditions::kNoCondition ? std::nullopt
                                               : std::optional(condition);
}

template <typename T>
std::vector<std::string> keys_of(const std::map<std::string, T>& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) {
    keys.push_back(key);
  }
  return keys;
}

/// Cells that differ in model, dtype, window, source, seed, prompt and
/// decoding, those of one model side by side.
std::vector<Cell> outer_cells(const SweepConfig& sweep) {
  std::vector<Cell> cells = {Cell{}};
  const auto expand = [&](auto axis, const auto& values) {
    std::vector<Cell> expanded;
    for (const auto& cell : cells) {
      for (const auto& value : values) {
        expanded.push_back(cell);
        expanded.back().*axis = value;
      }
    }
    if (!values.empty()) {
      cells = std::move(expanded);
    }
  };
  expand(&Cell::model, sweep.models);
  expand(&Cell::dtype, sweep.dtypes);
  expand(&Cell::window, sweep.windows);
  expand(&Cell::reader, sweep.readers);
  expand(&Cell::source, keys_of(sweep.sources));
  expand(&Cell::seed, sweep.seeds);
  expand(&Cell::prompt, keys_of(sweep.prompts));
  expand(&Cell::decoding, keys_of(sweep.decodings));
  return cells;
}

/// The cells of the parts, each once.
std::vector<Cell> cells_of_parts(const SweepConfig& sweep) {
  std::vector<Cell> all;
  std::set<std::string> names;
  for (const auto& [name, part] : sweep.parts) {
    for (auto& cell : cells_of(config_of(sweep, part, "parts." + name))) {
      if (names.insert(name_of(cell)).second) {
        all.push_back(std::move(cell));
      }
    }
  }
  return all;
}

} // namespace

std::vector<Cell> cells_of(const SweepConfig& sweep) {
  if (!sweep.parts.empty()) {
    return cells_of_parts(sweep);
  }
  const auto treatments = treatments_of(sweep.conditions);
  std::vector<Cell> all;
  for (const auto& outer : outer_cells(sweep)) {
    std::vector<Cell> controls;
    for (const auto& mode : sweep.modes) {
      for (const auto& style : sweep.styles) {
        Cell base = outer;
        base.mode = mode;
        base.style = style.name;
        for (const auto& treatment : treatments) {
          auto cell = base;
          cell.text_condition = treatment.text;
          cell.page_condition = unless_none(treatment.page);
          cell.token_condition = unless_none(treatment.tokens);
          for (const double length : sweep.characters_per_token) {
            all.push_back(cell);
            all.back().characters_per_token = length;
          }
          for (const auto& bin : sweep.text_token_bins) {
            all.push_back(cell);
            all.back().text_tokens = bin;
          }
        }
        const auto add_controls = [&](const char* text,
                                      const std::vector<double>& lengths) {
          for (const double length : lengths) {
            controls.push_back(base);
            controls.back().text_condition = text;
            controls.back().characters_per_token = length;
          }
        };
        add_controls("random_letters", sweep.controls.random_letters);
        add_controls("shuffled_words", sweep.controls.shuffled_words);
      }
    }
    all.insert(all.end(), controls.begin(), controls.end());
  }
  return all;
}

} // namespace microfiche::sweep
