#pragma once

#include "memory/policy/accuracy_table.h"
#include "memory/policy/ageing.h"
#include "memory/policy/policy.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::memory {

// Note [Tiers]
// A page is kept in one tier: gone (dropped, no positions), a resolution mode,
// or text (the text itself). Tier 0 is "gone", tiers 1 to M are the modes from
// the fewest positions to the most, and tier M + 1 is "text". Positions are
// those of the decoder's context; those of text are its text tokens.

/// A page as a policy sees it.
struct PageState {
  /// The row of the page.
  int64_t page = 0;

  /// Turns on the page.
  int64_t first_seq = 0;
  int64_t last_seq = 0;

  /// Text tokens of its text.
  int64_t text_positions = 0;

  /// Positions of its picture, for each of `PlanInput::modes`.
  std::vector<int64_t> positions;

  /// The highest pin of its turns; none without a pin.
  std::optional<double> importance;

  /// The newest turn whose question this page answered.
  std::optional<int64_t> last_hit_seq;
};

/// What a plan is made from.
struct PlanInput {
  /// Resolution modes of the model, in any order.
  std::vector<std::string> modes;

  /// The pages of one conversation, oldest first.
  std::vector<PageState> pages;

  /// Positions that the pages may take together, at least 1.
  int64_t budget = 0;

  /// The clock: the number of the newest turn. No policy reads another.
  int64_t now_seq = 0;

  /// Positions of the model's context.
  int64_t max_positions = 0;

  /// Bytes of the KV cache per position, for all layers.
  int64_t kv_bytes_per_position = 0;

  AccuracyTable accuracy;
};

/// Why a page has its tier.
enum class Reason {
  kPolicy,
  /// At least this tier, because of a pin.
  kPin,
  /// At least this tier, because a question reached the page.
  kHit,
  /// Its text takes no more positions than its picture.
  kCheaperText,
  /// Dropped to fit the budget.
  kBudget,
};

/// "policy", "pin", "hit", "cheaper text" or "budget".
std::string_view name_of(Reason reason);

/// What becomes of one page.
struct PlanItem {
  int64_t page = 0;
  int64_t first_seq = 0;
  int64_t last_seq = 0;
  int64_t age = 0;

  /// See Note [Tiers]; `mode` is its name.
  int64_t tier = 0;
  std::string mode;
  int64_t positions = 0;

  /// How its picture is made, if it has one.
  AgeingConfig ageing;

  /// The pages that stand on its picture, oldest first, if there are several;
  /// see Note [Merged pages]. The newest of them has the positions of the
  /// picture, the others have none.
  std::vector<int64_t> merged;

  /// None if the accuracy table has no row for it.
  std::optional<double> expected_recall;
  Reason reason = Reason::kPolicy;
};

/// What becomes of all pages, oldest first.
struct Plan {
  int64_t budget = 0;
  int64_t now_seq = 0;
  std::vector<PlanItem> items;

  /// Positions of all pages, and what their plain text would take.
  int64_t spent = 0;
  int64_t text_positions = 0;
  int64_t kv_bytes = 0;

  /// The mean over the pages, weighted as the policy's `weights` say. None if
  /// it is not known for a page.
  std::optional<double> expected_recall;
};

/// Plans by a policy. The same input gives the same plan.
///
/// Throws `InputError` for a budget below 1, no pages, turns or hits after
/// `now_seq`, tiers that the model does not have, a budget or an accuracy table
/// that a policy cannot work with, and a plan that needs more positions than
/// the plain text or than the model has.
Plan make_plan(const Policy& policy, const PlanInput& input);

} // namespace microfiche::memory
