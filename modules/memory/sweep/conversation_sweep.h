#pragma once

#include "core/table.h"
#include "memory/reading/build_tokens.h"
#include "memory/reading/plan_context.h"
#include "memory/reading/recall.h"
#include "memory/sweep/conversation_sweep_config.h"
#include "model/loaded_model.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace microfiche::memory {

/// One combination of the values of a config.
struct ConversationCell {
  std::string conversation;
  std::string policy;
  int64_t budget = 0;
  std::optional<double> correlation;
  int64_t hits = 0;
  int64_t pages_per_context = 1;
};

/// One conversation of a cell.
struct ConversationRun {
  RecallRun recall;
  int64_t context_positions = 0;
  BuildReport build;

  /// Facts whose turns are pinned, and facts whose pages a question reached
  /// before the plan, by their numbers in the store.
  std::set<int64_t> important;
  std::set<int64_t> hit;
};

struct CellResult {
  ConversationCell cell;
  std::vector<ConversationRun> runs;
};

/// The cells in the order in which they run.
std::vector<ConversationCell> cells_of(const ConversationSweep& sweep);

/// Called while a sweep over conversations runs.
struct ConversationSweepCallbacks {
  /// With the numbers of finished and of all runs.
  std::function<void(int64_t, int64_t)> progress;

  /// With all results so far: those of a conversation are there for all its
  /// cells or for none. Called after a conversation if `results_every_seconds`
  /// have passed since the last time, at the end, and before an error or a stop
  /// leaves the sweep.
  std::function<void(const std::vector<CellResult>&)> results;
  double results_every_seconds = 60;
};

/// Runs all cells. Each conversation is a store in `folder`/stores, which keeps
/// vision tokens and readings: the same call resumes. Throws as `make_plan`,
/// `build_tokens` and `recall`.
std::vector<CellResult> run_conversations(
    const ConversationSweep& sweep,
    model::LoadedModel& loaded,
    const std::filesystem::path& folder,
    const ConversationSweepCallbacks& callbacks = {});

/// A context after one step of a growing conversation, and an answer from it.
struct ContextStep {
  ContextChange change;
  MeasuredTime answer;
};

/// What one step of a growing conversation costs.
struct GrowthRow {
  ConversationCell cell;
  uint64_t seed = 0;
  int64_t turns = 0;
  int64_t pages = 0;

  /// Positions of the plan, and of the plain text.
  int64_t positions = 0;
  int64_t text_positions = 0;
  int64_t kv_bytes = 0;

  /// Pages that were encoded now, and pages whose vision tokens were there.
  BuildReport build;

  /// Positions in front of the first page that is kept otherwise than in the
  /// plan before: those of which the KV cache can stay.
  int64_t unchanged_prefix = 0;

  /// Bytes of the token files of the plan.
  int64_t token_bytes = 0;

  /// Time of laying out and drawing, and of planning.
  MeasuredTime layout_time;
  MeasuredTime plan_time;

  /// What the decoder takes for the plan's pages and one answer: with the KV
  /// cache of the unchanged prefix, without, and for the plain text of the
  /// pages. As `ContextCostConfig` says, and none for text that does not fit.
  std::optional<ContextStep> context;
  std::optional<ContextChange> anew;
  std::optional<ContextStep> text;
};

/// Adds `grow_by` turns at a time to each conversation, and plans and builds it
/// again each time. Starts from the beginning if it was interrupted.
std::vector<GrowthRow> grow_conversations(
    const ConversationSweep& sweep,
    model::LoadedModel& loaded,
    const std::filesystem::path& folder,
    const std::function<void(int64_t, int64_t)>& progress = {});

/// A row per step of a growing conversation; sums are over the steps so far.
/// Times of the decoder are there if they were measured.
Table growth_table(const std::vector<GrowthRow>& rows);

/// Where pages become cheaper than text.
struct BreakEven {
  ConversationCell cell;
  uint64_t seed = 0;

  /// Turns at the first step from which on the processor time of all steps so
  /// far (drawing, encoding, prefilling, answers) is not above that of the
  /// text, up to the last step whose text was measured. None if there is none.
  std::optional<int64_t> turns;

  /// Turns at that last step.
  int64_t last_turns = 0;
};

/// One per conversation whose text was measured.
std::vector<BreakEven> break_even(const std::vector<GrowthRow>& rows);

/// Adds lines to the store of a sweep and lays them out.
void add_lines(
    Store& store,
    const ConversationSweep& sweep,
    std::span<const std::string> lines,
    bool seal);

/// Plans the only conversation of a store and keeps the plan.
StoredPlan plan_conversation(
    Store& store,
    const ConversationSweep& sweep,
    const ConversationCell& cell,
    const model::LoadedModel& loaded,
    int64_t* kv_bytes = nullptr);

} // namespace microfiche::memory
