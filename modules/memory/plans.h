#pragma once

#include "memory/policy/plan.h"
#include "memory/store.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace microfiche::memory {

/// What pages cost in a model.
struct PageCosts {
  /// Text tokens of a text.
  std::function<int64_t(const std::string& text)> text_tokens;

  /// Positions in each mode of a page of this size in pixels, in the order of
  /// `PlanInput::modes`.
  std::function<std::vector<int64_t>(int64_t width, int64_t height)> positions;
};

/// The pages of a conversation in the style that was laid out last, oldest
/// first, with pins and hits. Pins that a rule set on imported text or text of
/// tools do not count. Throws `InputError` when there are no pages, or no
/// picture of one.
std::vector<PageState>
page_states(Store& store, int64_t conversation, const PageCosts& costs);

/// Keeps a plan with its policy and returns its number. `model` is the SHA-256
/// of the model's config.json. The plan is kept when the function returns.
int64_t save_plan(
    Store& store,
    int64_t conversation,
    const Policy& policy,
    const Plan& plan,
    const std::string& model,
    int64_t now_ms);

/// Pins a turn, or changes the importance of its pin. Throws `InputError` for a
/// turn that does not exist and an importance that is not finite. The pin is
/// kept when the function returns.
void pin_turn(
    Store& store,
    int64_t conversation,
    int64_t seq,
    double importance);

/// Removes the pin of a turn; false if there was none.
bool unpin_turn(Store& store, int64_t conversation, int64_t seq);

} // namespace microfiche::memory
