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

/// Refuses what does not go together with questions, before anything is read.
void check_questions(const SweepConfig& sweep, const std::string& where) {
  const auto& texts = sweep.conditions.text;
  const bool any = std::ranges::any_of(texts, conditions::asks_questions);
  const bool all = std::ranges::all_of(texts, conditions::asks_questions);
  const auto has_reader = [&](const char* name) {
    return sweep.reader == name ||
        std::ranges::find(sweep.readers, name) != sweep.readers.end();
  };
  const auto is_none = [](const std::string& condition) {
    return condition == conditions::kNoCondition;
  };
  if (has_reader("text")) {
    check(
        all,
        where,
        ": reader \"text\": reads only pages with questions, so conditions.text "
        "must have pairs or lines");
    check(
        std::ranges::all_of(sweep.conditions.page, is_none) &&
            std::ranges::all_of(sweep.conditions.tokens, is_none),
        where,
        ": reader \"text\": gets no image, so conditions.page and "
        "conditions.tokens have no effect on it; leave them out");
  }
  check(
      !has_reader("tesseract") ||
          std::ranges::all_of(sweep.conditions.tokens, is_none),
      where,
      ": conditions.tokens: have no effect on reader \"tesseract\", which gets "
      "images; leave them out");
  if (!any) {
    return;
  }
  check(
      !has_reader("tesseract"),
      where,
      ": reader \"tesseract\": transcribes and answers no question");
  check(
      !sweep.controls.blank_page,
      where,
      ": controls.blank_page: an empty page answers no question; set it to "
      "false and use the page condition \"blank\"");
  check(
      !sweep.log_likelihood,
      where,
      ": log_likelihood: works with pages that are transcribed, not with "
      "questions; set it to false");
  check(
      sweep.conditions.match_length == MatchLength::kCharacters,
      where,
      ": conditions.match_length: questions need \"characters\"");
  for (const auto& text : texts) {
    check(
        !conditions::asks_questions(text) ||
            conditions::asks_questions(text.substr(text.rfind('+') + 1)),
        where,
        ": conditions.text: \"",
        text,
        "\" changes the page after its questions were made; put pairs or lines "
        "last");
  }
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
  check(
      sweep.parts.empty() ||
          (sweep.controls.random_letters.empty() &&
           sweep.controls.shuffled_words.empty()),
      where,
      ": controls: random_letters and shuffled_words have no effect beside "
      "parts; set random_letters in a part");
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
  if (sweep.parts.empty()) {
    check_questions(sweep, where);
  }
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
