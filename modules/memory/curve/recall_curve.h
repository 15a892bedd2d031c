#pragma once

#include "memory/curve/age_bins.h"
#include "memory/curve/recall_rows.h"
#include "metrics/forgetting.h"
#include "metrics/proportion.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::memory::curve {

// Note [Intervals of recall]
// Answers about one conversation depend on each other, so intervals draw whole
// conversations. With fewer than `kFewConversations` there is too little to
// draw from: then the interval of a share is Wilson's, and that of a half-life
// draws whole pages. Both are too narrow for other conversations, and the
// report says so.
inline constexpr int64_t kFewConversations = 5;

/// A curve with fewer questions at an age is a sketch: 385 give a 95 % interval
/// of about 0.05 on each side of 0.5.
inline constexpr int64_t kSketchProbes = 385;

/// Questions with a wrong page in the place of the right one: the floor.
inline constexpr const char* kFloorMethod = "wrong_page";

/// Questions with a blank page in the place of the right one.
inline constexpr const char* kBlankMethod = "blank_page";

struct CurveOptions {
  /// The method whose curve is fitted.
  std::string method = "transcription";
  AgeAxis unit = AgeAxis::kPages;

  /// Ages per bin; 0: bins that double, 0, 1, 2-3, 4-7 and so on, and that are
  /// cut where the mode changes.
  int64_t bin_width = 0;

  /// Skill of the horizon, in (0, 1].
  double horizon_skill = 0.5;

  /// Draws for the intervals, and their seed.
  int64_t resamples = 1000;
  uint64_t seed = 0;
};

/// Answers to a set of questions.
struct Recall {
  metrics::Proportion share;

  /// How many answers have each of `kOutcomes`, in their order.
  std::array<int64_t, std::size(kOutcomes)> outcomes{};

  int64_t count(Outcome outcome) const {
    return outcomes[static_cast<size_t>(outcome)];
  }

  /// Wrong values out of all answers that are not abstentions; NaN without such
  /// answers.
  double confabulation() const;
};

/// The answers of one method.
struct MethodRecall {
  std::string method;

  /// By age, as `RecallCurve::bins`.
  std::vector<Recall> bins;
  Recall all;

  /// Positions of the context per question about a stated fact, the mean.
  double positions = 0;

  /// Questions about what was never stated, and how many got a value.
  int64_t never_stated = 0;
  int64_t false_answers = 0;
};

/// The facts that the pages of one mode keep.
struct ModeRecall {
  ModeCost cost;
  Recall recall;

  /// (recall - floor) / (1 - floor), at least 0; NaN without questions.
  double skill = 0;

  /// Facts times skill.
  double remembered = 0;

  /// Positions per remembered fact; infinite if none is.
  double positions_per_fact = 0;
};

struct KindRecall {
  std::string kind;
  Recall recall;
};

/// Parts of the text of a page, for `PlaceRecall`.
inline constexpr int64_t kPlaces = 4;

/// Answers by the part of the page's text in which the value stands.
struct PlaceRecall {
  Recall all;

  /// By age, as `RecallCurve::bins`.
  std::vector<Recall> bins;
};

/// Recall by age of one series, with its floor, baselines and fits.
struct RecallCurve {
  Series series;
  CurveOptions options;
  std::vector<AgeBin> bins;

  /// The modes of the pages in each bin that were asked for, with commas
  /// between them.
  std::vector<std::string> bin_modes;

  /// `options.method` first, then the baselines, then the wrong and blank page.
  std::vector<MethodRecall> methods;

  /// Share of correct answers with a wrong page; none if it was not asked.
  std::optional<double> floor;

  /// Lowest AICc first; `step` is among them. Empty if the floor is 1.
  std::vector<metrics::ForgettingFit> fits;

  /// The share of correct answers that the fit with the lowest AICc, and
  /// `step`, expect in each bin.
  std::vector<double> best_fit;
  std::vector<double> step_fit;

  /// Of `options.method`.
  std::vector<ModeRecall> modes;
  std::vector<KindRecall> kinds;

  /// `kPlaces` parts of the page's text, from the top.
  std::vector<PlaceRecall> places;

  int64_t conversations = 0;

  /// Fewest questions of a bin.
  int64_t fewest_probes = 0;

  bool by_conversation() const {
    return conversations >= kFewConversations;
  }
  bool is_sketch() const {
    return fewest_probes < kSketchProbes;
  }
  const MethodRecall& subject() const {
    return methods.front();
  }
};

/// Recall of some rows, resampled by conversation or not; see Note [Intervals
/// of recall].
Recall recall_of(
    const std::vector<const RecallRow*>& rows,
    bool by_conversation,
    const CurveOptions& options);

/// Throws `InputError` if `options.method` has no answers about stated facts,
/// a width below 0, and a skill outside (0, 1].
RecallCurve make_curve(
    const Series& series,
    const std::vector<RecallRow>& rows,
    const std::vector<ModeCost>& costs,
    const CurveOptions& options);

/// As above, from a store.
RecallCurve
make_curve(Store& store, const Series& series, const CurveOptions& options);

} // namespace microfiche::memory::curve
