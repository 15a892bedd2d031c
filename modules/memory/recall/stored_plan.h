#pragma once

#include "memory/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::memory {

/// A page of a plan that a store has.
struct StoredPlanItem {
  int64_t page = 0;
  int64_t first_seq = 0;
  int64_t last_seq = 0;

  /// 0 for a page of whole turns, or its number among the pages of a long one.
  int64_t part = 0;

  /// See Note [Tiers]; `mode` is its name, such as "nano-9", "text" or "gone".
  int64_t tier = 0;
  std::string mode;
  int64_t positions = 0;

  /// How its picture is made, as `ageing_text` writes it.
  std::string how = "resized";

  /// Characters of the page as it was drawn first; 0 if its picture was lost.
  int64_t characters = 0;
};

/// A plan that a store has; see `Plan`.
struct StoredPlan {
  int64_t id = 0;
  int64_t conversation = 0;
  int64_t budget = 0;
  int64_t spent = 0;
  int64_t now_seq = 0;

  /// Text tokens of all pages.
  int64_t text_positions = 0;

  /// SHA-256 of the config.json of the model that it was made for.
  std::string model;

  /// Oldest first. Pages that were erased since then are not among them.
  std::vector<StoredPlanItem> items;
};

/// The plan with this number, or without a number the newest plan of the
/// conversation. Throws `InputError` when there is none, or when it is of
/// another conversation.
StoredPlan find_plan(
    Store& store,
    int64_t conversation,
    std::optional<int64_t> id = std::nullopt);

/// The pages of a plan that stand on the picture of this one, oldest first:
/// itself alone, or all that share it; see Note [Merged pages]. The newest has
/// its positions.
std::vector<size_t> pages_of_picture(const StoredPlan& plan, size_t item);

/// The text of each page of a plan, with the marks of the turns, as it is drawn
/// in the style of the page.
std::vector<std::string> page_texts(Store& store, const StoredPlan& plan);

} // namespace microfiche::memory
