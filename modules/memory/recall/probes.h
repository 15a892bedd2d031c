#pragma once

#include "memory/recall/outcome.h"
#include "memory/recall/stored_plan.h"
#include "memory/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::memory {

/// A fact that a turn states.
struct StatedFact {
  int64_t id = 0;
  int64_t seq = 0;
  std::string key;
  std::string value;
  std::string kind;

  /// The page of a plan that states it, an index of `StoredPlan::items`. None
  /// if its turn has no page in the plan.
  std::optional<size_t> item;
};

/// The facts of a plan's conversation up to the plan's turn, oldest first. Of a
/// turn with several pages, the page with the value counts.
std::vector<StatedFact> stated_facts(Store& store, const StoredPlan& plan);

/// The newest of `stated_facts` for each key, newest first. Keys are compared
/// without regard to case.
std::vector<StatedFact> newest_facts(Store& store, const StoredPlan& plan);

/// A question for the value of a key.
struct Probe {
  std::string key;

  /// The fact that states the newest value; none for a key that was never
  /// stated. The same for the number of its turn and its page.
  std::optional<int64_t> fact;
  int64_t seq = 0;
  std::optional<size_t> item;

  AnswerKey answer;
};

struct ProbeOptions {
  /// The most questions for stated facts, spread evenly over all ages; 0 for
  /// all facts.
  int64_t limit = 0;

  /// Questions for keys that were never stated: made of the keys that were.
  int64_t never_stated = 0;
  uint64_t seed = 0;
};

/// Draws questions, newest fact first, then those for keys that were never
/// stated. Only the newest value of a key is asked for. Facts without a page
/// are left out.
///
/// Throws `InputError` when no fact is left, and `UsageError` when fewer than
/// `never_stated` keys can be made that are in no turn.
std::vector<Probe> draw_probes(
    Store& store,
    const StoredPlan& plan,
    const std::vector<StatedFact>& facts,
    const ProbeOptions& options);

} // namespace microfiche::memory
