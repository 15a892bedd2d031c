#include "memory/reading/plan_input.h"

#include "memory/plans.h"
#include "page/vision_token_order.h"

namespace microfiche::memory {

PlanInput make_plan_input(
    Store& store,
    int64_t conversation,
    const model::ModelConfig& config,
    const tokenizer::Tokenizer& tokenizer) {
  const auto modes = model::modes_of(config);
  PlanInput input;
  for (const auto& mode : modes) {
    input.modes.push_back(mode.name);
  }
  input.pages = page_states(
      store,
      conversation,
      {[&](const std::string& text) {
         return static_cast<int64_t>(
             tokenizer.encode(text, /*added_tokens=*/false).size());
       },
       [&](int64_t width, int64_t height) {
         std::vector<int64_t> positions;
         for (const auto& mode : modes) {
           positions.push_back(page::count_vision_tokens(
                                   mode, width, height, config.token_side_px())
                                   .positions);
         }
         return positions;
       }});
  input.max_positions = config.language.max_position_embeddings;
  input.budget = input.max_positions;
  input.now_seq = next_seq(store, conversation) - 1;
  return input;
}

} // namespace microfiche::memory
