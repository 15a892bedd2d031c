#include "sweep/run/token_conditions.h"

#include <torch/torch.h>

#include <cmath>

#include "core/error.h"
#include "core/random.h"
#include "model/model_family.h"

namespace microfiche::sweep {
namespace {

conditions::TokenRows rows_of(
    const model::VisionTokens& tokens,
    const page::ResolutionMode& mode,
    int64_t pixels_per_token) {
  // A condition may write into its rows, but not into those that are kept.
  return {
      tokens.sequence.clone(),
      conditions::token_kinds(
          mode.base_size_px / pixels_per_token,
          tokens.grid,
          mode.tile_size_px / pixels_per_token,
          mode.layout)};
}

} // namespace

TokenConditions find_token_conditions(
    const model::LoadedModel& loaded,
    const std::string& text) {
  const auto found = conditions::find_conditions(
      conditions::token_conditions(), text, "conditions.tokens");
  const auto& stage = *loaded.model->encoder->second_stage;
  for (const auto& condition : found) {
    const auto& [entry, strength] = condition;
    check(
        !entry->zeroed || stage.features_have_map(),
        "conditions.tokens: ",
        entry->info.name,
        ": the encoder of ",
        loaded.config.family().name,
        " has one tower before the projector, so none can be zero alone; "
        "use zero_tokens");
    check(
        entry->removed != conditions::TokenKind::kNewline ||
            model::token_layout(loaded.config).has_rows,
        "conditions.tokens: ",
        entry->info.name,
        ": the pages of ",
        loaded.config.family().name,
        " have no newlines");
  }
  return found;
}

model::ViewEncoder encoder_without(
    model::LoadedModel& loaded,
    conditions::Tower tower) {
  return [encoder = loaded.model->encoder,
          tower](const torch::Tensor& pixels) mutable {
    auto stages = encoder->stages(pixels);
    (tower == conditions::Tower::kSam ? stages.sam : stages.second).zero_();
    return encoder->project(stages.sam, stages.second);
  };
}

void apply_conditions(
    std::vector<model::VisionTokens>& pages,
    const std::vector<model::VisionTokens>& others,
    const BatchRequest& request,
    const TokenConditions& conditions,
    int64_t pixels_per_token) {
  for (size_t i = 0; i < pages.size(); ++i) {
    auto rows = rows_of(pages[i], request.mode, pixels_per_token);
    conditions::TokenRows other;
    conditions::TokenContext context;
    if (!others.empty()) {
      other = rows_of(others[i], request.mode, pixels_per_token);
      context.other = &other;
    }
    RandomStream random(
        request.seed,
        "token condition",
        request.first_page_of_cell + static_cast<int64_t>(i));
    for (const auto& condition : conditions) {
      condition.entry->apply(rows, context, condition.strength, random);
    }
    auto& counts = pages[i].counts;
    const auto left = static_cast<int64_t>(rows.token_positions().size());
    counts.valid = std::llround(
        static_cast<double>(counts.valid * left) /
        static_cast<double>(counts.nominal));
    counts.nominal = left;
    counts.positions = rows.rows.size(0);
    pages[i].sequence = rows.rows;
  }
}

} // namespace microfiche::sweep
