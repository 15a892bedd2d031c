#include "sweep/run/load_sweep.h"

#include <algorithm>

#include "conditions/page/page_condition.h"
#include "conditions/tokens/token_condition.h"
#include "core/config.h"
#include "core/error.h"
#include "model/prompt.h"

namespace microfiche::sweep {
namespace {

void check_needs_another_page(
    const SweepConfig& sweep,
    const std::string& where) {
  const auto needs = [](const auto& conditions) {
    return std::any_of(conditions.begin(), conditions.end(), [](auto& one) {
      return one.entry->needs_other_page;
    });
  };
  bool needed = false;
  for (const auto& name : sweep.conditions.page) {
    needed |= needs(conditions::find_conditions(
        conditions::page_conditions(), name, where));
  }
  for (const auto& name : sweep.conditions.tokens) {
    needed |= needs(conditions::find_conditions(
        conditions::token_conditions(), name, where));
  }
  check(
      !needed || sweep.pages_per_cell >= 2,
      where,
      ": a condition needs another page of the cell; pages_per_cell must be at "
      "least 2");
}

} // namespace

SweepConfig load_sweep(
    const std::filesystem::path& file,
    const std::vector<std::string>& assignments) {
  auto sweep = load_config<SweepConfig>(file, assignments);
  check_conditions(sweep, file.string());
  return sweep;
}

void check_conditions(const SweepConfig& sweep, const std::string& where) {
  for (const auto& [name, part] : sweep.parts) {
    const auto at = concat(where, ": parts.", name);
    check_conditions(config_of(sweep, part, at), at);
  }
  for (const auto& text : sweep.conditions.text) {
    conditions::find_text_conditions(text, where + ": conditions.text");
  }
  for (const auto& page : sweep.conditions.page) {
    conditions::find_conditions(
        conditions::page_conditions(), page, where + ": conditions.page");
  }
  for (const auto& tokens : sweep.conditions.tokens) {
    conditions::find_conditions(
        conditions::token_conditions(), tokens, where + ": conditions.tokens");
  }
  check_needs_another_page(sweep, where);
  if (!sweep.prompt.empty()) {
    model::validate_prompt(sweep.prompt, where + ": prompt");
  }
  for (const auto& [name, prompt] : sweep.prompts) {
    if (!prompt.empty()) {
      model::validate_prompt(prompt, concat(where, ": prompts.", name));
    }
  }
}

} // namespace microfiche::sweep
