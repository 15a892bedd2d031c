#pragma once

#include "memory/reading/read_pages.h"
#include "memory/recall/stored_plan.h"
#include "memory/store.h"
#include "model/loaded_model.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace microfiche::memory {

/// An answer with the place that it comes from.
struct FoundAnswer {
  std::string value;

  /// The page, an index of `StoredPlan::items`, or the newest of the pages that
  /// were read in one context; none for `ask_text`.
  std::optional<size_t> item;

  /// The turns on the page or pages, or the turn.
  int64_t first_seq = 0;
  int64_t last_seq = 0;

  /// Positions of the page or pages.
  int64_t positions = 0;
};

/// The key that a question asks for; see `find_key`. Keys of facts that the
/// conversation states are known. Throws `UsageError` for a question without a
/// word to look for.
std::string key_of_question(
    Store& store,
    int64_t conversation,
    const std::string& question);

/// Finds the newest value of a key: reads the pages of the plan back, newest
/// first, until one states it. `progress` is called with the numbers of pages
/// that were looked at and of all pages that are not gone. None if no page
/// states it. Throws as `PlanReader::read`.
std::optional<FoundAnswer> ask_by_transcription(
    PlanReader& reader,
    const StoredPlan& plan,
    const std::string& key,
    int64_t batch,
    const std::function<void(int64_t, int64_t)>& progress = {});

/// Asks the model for the value of a key, straight from the vision tokens of
/// each context, newest first, until an answer is not "?". Pages in the tier
/// "text" are searched. Throws `InputError` for a model that does not state in
/// `microfiche.trained_on.questions` that it answers questions, and as
/// `PlanReader::read`.
std::optional<FoundAnswer> ask_by_lookup(
    const PlanReader& reader,
    const StoredPlan& plan,
    model::LoadedModel& loaded,
    const std::string& key,
    const std::function<void(int64_t, int64_t)>& progress = {});

/// Throws `InputError` unless the model states that it answers questions.
void check_answers_questions(const model::LoadedModel& loaded);

/// The newest value in the turns that a text search fetches.
std::optional<FoundAnswer>
ask_text(Store& store, int64_t conversation, const std::string& key);

/// Records that a question reached a page, for policies that promote it. It is
/// kept when the function returns.
void record_access(
    Store& store,
    const StoredPlan& plan,
    size_t item,
    const std::string& key,
    int64_t now_ms);

} // namespace microfiche::memory
