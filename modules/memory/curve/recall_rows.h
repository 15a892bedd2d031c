#pragma once

#include "memory/recall/outcome.h"
#include "memory/store.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::memory::curve {

/// An answer to a question about a fact, or about something never stated.
struct RecallRow {
  int64_t conversation = 0;

  /// None: the fact was never stated, and there is no age.
  std::optional<int64_t> fact;

  /// Names, digits and so on.
  std::string kind;

  /// How it was answered: "transcription", "text_search" and so on.
  std::string method;

  Outcome outcome = Outcome::kAbstained;

  /// What the plan makes of the page that states the fact.
  int64_t page = 0;
  int64_t tier = 0;
  std::string mode;

  /// Where the value stands in the text of its page: 0 at the beginning,
  /// below 1.
  double place = 0;

  /// Newer pages, and newer turns.
  int64_t age_pages = 0;
  int64_t age_turns = 0;

  /// Of the context that the method needs.
  int64_t positions = 0;

  /// Characters on the page per vision token; none for text and dropped pages.
  std::optional<double> characters_per_token;
};

/// The plans that one policy made with one budget for one model, one per
/// conversation, and the runs in which one model, in one dtype and with one
/// reading config, was asked about them: those that are measured together.
struct Series {
  int64_t policy = 0;
  int64_t budget = 0;

  /// SHA-256 of the config.json of the model that the plans were made for.
  std::string model;

  /// Of the model that read: SHA-256 of its weights and config, its dtype, and
  /// JSON of prompt and generation. Empty for answers from before schema 4.
  std::string reader;
  std::string dtype;
  std::string reading_config;

  /// "age_ladder, 400 positions"; distinguishes the series of a store.
  std::string name;

  /// The newest plan of each conversation that has answers, and the run of
  /// each.
  std::vector<int64_t> plans;
  std::vector<int64_t> runs;
};

/// The kind of a stored policy, such as "age_ladder". Throws `InputError` if
/// its JSON does not name one.
std::string policy_kind(Store& store, int64_t policy);

/// The series with answers, the one that was asked last at the end. Only
/// those of one conversation, if it is given.
std::vector<Series> answered_series(
    Store& store,
    std::optional<int64_t> conversation = std::nullopt);

/// The series of a plan, of those with this plan the one that was asked last;
/// without a plan, the one that was asked last of all. Throws `InputError` if
/// there are no answers.
size_t find_series(
    const Store& store,
    const std::vector<Series>& all_series,
    std::optional<int64_t> plan);

/// The series with a run, as `memory recall` numbers them. Throws `InputError`
/// if there is none.
size_t find_series_of_run(
    const Store& store,
    const std::vector<Series>& all_series,
    int64_t run);

/// The answers of a series. Throws `InputError` for an outcome that has no
/// name in `memory::name_of`.
std::vector<RecallRow> recall_rows(Store& store, const Series& series);

/// What a series spends on the pages of one mode.
struct ModeCost {
  int64_t tier = 0;
  std::string mode;
  int64_t pages = 0;
  int64_t positions = 0;

  /// Facts on the pages, the newest of each key.
  int64_t facts = 0;
};

/// One row per mode, most positions per page first.
std::vector<ModeCost> mode_costs(Store& store, const Series& series);

} // namespace microfiche::memory::curve
