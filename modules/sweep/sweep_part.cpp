#include "sweep/sweep_part.h"

#include <algorithm>

#include "core/error.h"
#include "core/name_pattern.h"
#include "sweep/sweep_config.h"

namespace microfiche::sweep {
namespace {

/// Replaces the values of an axis by those of a part, which must be among them.
void select_names(
    std::vector<std::string>& all,
    const std::vector<std::string>& selected,
    const std::string& where) {
  for (const auto& name : selected) {
    check(
        std::find(all.begin(), all.end(), name) != all.end(),
        where,
        ": the sweep itself has no \"",
        name,
        "\"",
        did_you_mean(name, all),
        "; a part selects some of its values");
  }
  if (!selected.empty()) {
    all = selected;
  }
}

std::vector<SweepStyle> select_styles(
    const std::vector<SweepStyle>& all,
    const std::vector<std::string>& patterns,
    const std::string& where) {
  if (patterns.empty()) {
    return all;
  }
  std::vector<SweepStyle> selected;
  for (const auto& pattern : patterns) {
    const size_t before = selected.size();
    std::copy_if(
        all.begin(),
        all.end(),
        std::back_inserter(selected),
        [&](const SweepStyle& style) { return matches(pattern, style.name); });
    check(
        selected.size() > before,
        where,
        ".styles: the sweep has no style named \"",
        pattern,
        "\"");
  }
  return selected;
}

} // namespace

SweepConfig
config_of(SweepConfig sweep, const SweepPart& part, const std::string& where) {
  sweep.parts.clear();
  sweep.styles = select_styles(sweep.styles, part.styles, where);
  select_names(sweep.modes, part.modes, where + ".modes");
  select_names(sweep.readers, part.readers, where + ".readers");
  if (part.characters_per_token) {
    sweep.characters_per_token = *part.characters_per_token;
    sweep.text_token_bins.clear();
  }
  sweep.conditions.text = part.text.value_or(sweep.conditions.text);
  sweep.conditions.page = part.page.value_or(sweep.conditions.page);
  sweep.conditions.tokens = part.tokens.value_or(sweep.conditions.tokens);
  sweep.controls.random_letters = part.random_letters;
  sweep.controls.shuffled_words.clear();
  return sweep;
}

} // namespace microfiche::sweep
