#include "memory/reading/plan_input.h"

#include "memory/plans.h"
#include "page/vision_token_order.h"

#include <algorithm>

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
           positions.push_back(
               page::count_vision_tokens(
                   mode, width, height, config.pixels_per_token())
                   .positions);
         }
         return positions;
       }});
  input.max_positions = config.language.max_position_embeddings;
  input.budget = input.max_positions;
  input.now_seq = next_seq(store, conversation) - 1;
  return input;
}

std::vector<std::string> ladder_modes(
    const model::ModelConfig& config,
    const PlanInput& input) {
  const auto& trained = config.toolkit.trained_on;
  std::vector<size_t> order;
  for (size_t i = 0; i < input.modes.size(); ++i) {
    const bool known = !trained || trained->modes.empty() ||
        std::count(
            trained->modes.begin(), trained->modes.end(), input.modes[i]) > 0;
    if (known) {
      order.push_back(i);
    }
  }
  const auto& positions = input.pages.back().positions;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return positions[a] > positions[b];
  });
  std::vector<std::string> names;
  for (const size_t i : order) {
    names.push_back(input.modes[i]);
  }
  return names;
}

} // namespace microfiche::memory
