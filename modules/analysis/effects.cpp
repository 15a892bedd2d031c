#include "analysis/effects.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/cell_labels.h"
#include "analysis/cell_samples.h"
#include "conditions/page/page_condition.h"
#include "conditions/tokens/token_floors.h"

namespace microfiche::analysis {
namespace {

bool is_floor_cell(const sweep::Cell& cell) {
  const auto where = sweep::name_of(cell);
  return conditions::is_floor(conditions::find_conditions(
             conditions::page_conditions(),
             cell.page_condition.value_or(conditions::kNoCondition),
             where)) ||
      conditions::has_token_floor(
             cell.token_condition.value_or(conditions::kNoCondition), where);
}

ConditionEffect effect_of(
    const CellSamples& treated,
    const CellSamples& untouched,
    const RunSummary& summary,
    uint64_t seed) {
  std::vector<double> with;
  std::vector<double> without;
  ConditionEffect effect;
  effect.cell = treated.cell;
  for (const auto* sample : treated.samples) {
    const auto same = std::find_if(
        untouched.samples.begin(), untouched.samples.end(), [&](auto* other) {
          return other->index == sample->index;
        });
    if (same != untouched.samples.end()) {
      with.push_back(metrics::metric_value(sample->metrics, summary.headline));
      without.push_back(
          metrics::metric_value((*same)->metrics, summary.headline));
    }
    const auto altered = count_altered_words(*sample);
    effect.altered.words += altered.words;
    effect.altered.read += altered.read;
    effect.altered.corrected += altered.corrected;
  }
  effect.pages = static_cast<int64_t>(with.size());
  if (with.empty()) {
    return effect;
  }
  effect.score = metrics::bootstrap_mean(with, seed);
  effect.untouched = metrics::bootstrap_mean(without, seed);
  effect.gap = metrics::compare_paired(without, with, seed);
  effect.is_floor = is_floor_cell(treated.cell);
  effect.skill = std::numeric_limits<double>::quiet_NaN();
  if (effect.is_floor) {
    effect.skill = summary.higher_is_better
        ? metrics::skill(effect.untouched.mean, effect.score.mean)
        : metrics::skill(1 - effect.untouched.mean, 1 - effect.score.mean);
  }
  return effect;
}

std::string share(int64_t part, int64_t whole) {
  return whole == 0
      ? "-"
      : fixed(static_cast<double>(part) / static_cast<double>(whole), 3);
}

} // namespace

std::vector<ConditionEffect> compute_effects(
    const sweep::Run& run,
    const RunSummary& summary) {
  const auto cells = samples_by_cell(run);
  std::vector<ConditionEffect> effects;
  for (const auto& treated : cells) {
    const auto base = sweep::without_conditions(treated.cell);
    const auto found =
        std::find_if(cells.begin(), cells.end(), [&](const auto& other) {
          return other.cell == base;
        });
    if (!(treated.cell == base) && found != cells.end()) {
      auto effect = effect_of(treated, *found, summary, run.config.seed);
      if (effect.pages > 0) {
        effects.push_back(std::move(effect));
      }
    }
  }
  std::vector<double> p_values;
  for (const auto& effect : effects) {
    p_values.push_back(effect.gap.p_value);
  }
  const auto adjusted = metrics::holm_adjusted(p_values);
  for (size_t i = 0; i < effects.size(); ++i) {
    effects[i].holm_p_value = adjusted[i];
  }
  return effects;
}

Table effects_table(const std::vector<ConditionEffect>& effects) {
  auto table = make_cell_table(
      "condition",
      {"score",
       "low",
       "high",
       "untouched",
       "gap",
       "gap low",
       "gap high",
       "p",
       "Holm p",
       "skill",
       "altered words",
       "read",
       "corrected"});
  for (const auto& effect : effects) {
    const auto& gap = effect.gap.difference;
    add_cell_row(
        table,
        effect.cell,
        condition_and_axes_label(effect.cell),
        effect.pages,
        {fixed(effect.score.mean, 3),
         fixed(effect.score.low, 3),
         fixed(effect.score.high, 3),
         fixed(effect.untouched.mean, 3),
         fixed(gap.mean, 3),
         fixed(gap.low, 3),
         fixed(gap.high, 3),
         fixed(effect.gap.p_value, 4),
         fixed(effect.holm_p_value, 4),
         fixed(effect.skill, 3),
         std::to_string(effect.altered.words),
         share(effect.altered.read, effect.altered.words),
         share(effect.altered.corrected, effect.altered.words)});
  }
  return table;
}

} // namespace microfiche::analysis
