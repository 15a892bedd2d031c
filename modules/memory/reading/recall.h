#pragma once

#include "memory/reading/read_pages.h"
#include "memory/recall/recall_report.h"

#include <cstdint>
#include <functional>

namespace microfiche::memory {

/// How recall is measured.
struct RecallConfig {
  ProbeOptions probes;
  PageReadingConfig reading;
};

/// What `recall` made.
struct RecallResult {
  RecallRun run;
  SavedAnswers saved;

  /// Positions of the pages of the largest context.
  int64_t context_positions = 0;

  /// Contexts that were read now, and those whose reading was in the store.
  int64_t num_read = 0;
  int64_t num_reused = 0;
};

/// Asks for facts of a plan with all methods of Note [Recall methods], and
/// keeps the answers in the store, which is open for writing. All pages that
/// the plan keeps are read back; what is finished is kept if the call is
/// interrupted. `progress` as in `PlanReader::read`. Throws as `draw_probes`
/// and `PlanReader::read`.
RecallResult recall(
    Store& store,
    const StoredPlan& plan,
    model::LoadedModel& loaded,
    const RecallConfig& config,
    const std::function<void(int64_t, int64_t)>& progress = {});

} // namespace microfiche::memory
