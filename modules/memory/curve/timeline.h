#pragma once

#include "memory/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::memory::curve {

/// A fact on a page, and the answer to the question about it.
struct TimelineFact {
  std::string key;
  std::string value;

  /// A newer fact has replaced it.
  bool superseded = false;

  /// None if it was not asked.
  std::optional<std::string> answer;

  /// A name of an outcome, such as "correct".
  std::string outcome;
};

/// A page as the plan keeps it.
struct TimelinePage {
  int64_t page = 0;
  int64_t first_seq = 0;
  int64_t last_seq = 0;
  int64_t part = 0;

  /// Newer pages of the plan.
  int64_t age = 0;

  /// A resolution mode, "text" or "gone".
  std::string mode;
  std::string reason;
  int64_t positions = 0;
  std::optional<double> expected_recall;

  /// What was drawn on the page; of a page with a picture of several pages,
  /// what was drawn on all of them.
  std::string text;

  /// The turns of the newer page under which the picture of this one is shown,
  /// if several pages share it.
  std::optional<std::pair<int64_t, int64_t>> shown_with;

  /// A PNG file; empty for text, dropped pages and a picture that is missing.
  std::string png;
  int64_t width = 0;
  int64_t height = 0;

  /// The picture is the one that the model gets in this mode. Otherwise it is
  /// the page as it was drawn first.
  bool built = false;

  /// How its picture was made, as `ageing_text` writes it.
  std::string how;

  /// What the model read from the page, and why it stopped.
  std::optional<std::string> reading;
  std::string stop;
  double precision = 0;

  std::vector<TimelineFact> facts;
};

/// A conversation under a plan, from newest to oldest.
struct Timeline {
  Conversation conversation;
  int64_t plan = 0;

  /// The run whose answers and readings are shown; none if nothing was asked.
  std::optional<int64_t> run;
  std::string policy;
  int64_t budget = 0;
  int64_t spent = 0;
  int64_t text_positions = 0;

  std::vector<TimelinePage> pages;

  /// Pages of the plan: more than `pages` if those were limited.
  int64_t num_pages = 0;
};

/// The newest plan of a conversation; of all conversations without one. Throws
/// `InputError` if there is none.
int64_t newest_plan(Store& store, std::optional<int64_t> conversation);

/// The plan of a recall run. Throws `InputError` if there is none.
int64_t plan_of_run(Store& store, int64_t run);

/// The newest `max_pages` pages of a plan, with the answers of one method in
/// one run, and what its model read from them; without `run`, the run of the
/// plan that was asked last. A plan without answers shows the newest readings.
/// Throws `InputError` for a plan that does not exist, for a method that has
/// none of the plan's answers, and for a damaged picture file.
Timeline load_timeline(
    Store& store,
    int64_t plan,
    int64_t max_pages,
    const std::string& method = "transcription",
    std::optional<int64_t> run = std::nullopt);

/// The pages as part of an HTML document; all text of the store is escaped.
std::string timeline_html(const Timeline& timeline);

/// A complete document of a timeline; see `report::html_document`.
std::string timeline_document(const Timeline& timeline);

} // namespace microfiche::memory::curve
