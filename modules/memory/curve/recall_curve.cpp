#include "memory/curve/recall_curve.h"

#include "core/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string_view>

namespace microfiche::memory::curve {
namespace {

using Rows = std::vector<const RecallRow*>;

MethodRecall method_recall(
    const std::string& method,
    const std::vector<RecallRow>& rows,
    const RecallCurve& curve) {
  MethodRecall result;
  result.method = method;
  Rows stated;
  double positions = 0;
  for (const auto& row : rows) {
    if (row.method != method) {
      continue;
    }
    if (row.fact) {
      positions += static_cast<double>(row.positions);
      stated.push_back(&row);
    } else {
      ++result.never_stated;
      result.false_answers += row.outcome == Outcome::kAbstained ? 0 : 1;
    }
  }
  result.positions = positions / static_cast<double>(stated.size());
  const bool clustered = curve.by_conversation();
  result.all = recall_of(stated, clustered, curve.options);
  for (const auto& bin : curve.bins) {
    Rows inside;
    for (const auto* row : stated) {
      const int64_t age = age_of(*row, curve.options.unit);
      if (bin.first <= age && age <= bin.last) {
        inside.push_back(row);
      }
    }
    result.bins.push_back(recall_of(inside, clustered, curve.options));
  }
  return result;
}

/// A probe per row for the fit. Its clusters are conversations, or pages if
/// there are few.
std::vector<metrics::AgeCount> age_counts(
    const Rows& rows,
    const RecallCurve& curve) {
  const bool densities =
      std::all_of(rows.begin(), rows.end(), [](const auto* row) {
        return row->characters_per_token.value_or(0) > 0;
      });
  std::vector<metrics::AgeCount> counts;
  for (const auto* row : rows) {
    metrics::AgeCount count;
    count.conversation =
        curve.by_conversation() ? row->conversation : row->page;
    count.age = static_cast<double>(age_of(*row, curve.options.unit));
    count.density = densities ? std::log2(*row->characters_per_token) : 0;
    count.level = row->tier;
    count.probes = 1;
    count.correct = row->outcome == Outcome::kCorrect ? 1 : 0;
    counts.push_back(count);
  }
  return counts;
}

/// The mean over the questions of each bin.
std::vector<double> expected_shares(
    const metrics::ForgettingFit& fit,
    const Rows& rows,
    const RecallCurve& curve) {
  const double floor = curve.floor.value_or(0);
  std::map<double, double> skills;
  for (const auto& point : fit.skills) {
    skills[point.age] = point.skill;
  }
  std::vector<double> shares;
  for (const auto& bin : curve.bins) {
    double sum = 0;
    double probes = 0;
    for (const auto* row : rows) {
      const int64_t age = age_of(*row, curve.options.unit);
      if (bin.first <= age && age <= bin.last) {
        sum += floor + (1 - floor) * skills.at(static_cast<double>(age));
        ++probes;
      }
    }
    shares.push_back(sum / probes);
  }
  return shares;
}

void add_fits(RecallCurve& curve, const Rows& rows) {
  const double floor = curve.floor.value_or(0);
  if (floor >= 1) {
    return;
  }
  metrics::ForgettingOptions options;
  options.floor = floor;
  options.resamples = curve.options.resamples;
  options.seed = curve.options.seed;
  curve.fits = metrics::fit_forgetting(age_counts(rows, curve), options);
  curve.best_fit = expected_shares(curve.fits.front(), rows, curve);
  for (const auto& fit : curve.fits) {
    if (fit.form == metrics::ForgettingForm::kStep) {
      curve.step_fit = expected_shares(fit, rows, curve);
    }
  }
}

ModeRecall
mode_recall(const ModeCost& cost, const Rows& rows, const RecallCurve& curve) {
  Rows inside;
  for (const auto* row : rows) {
    if (row->tier == cost.tier) {
      inside.push_back(row);
    }
  }
  ModeRecall mode;
  mode.cost = cost;
  mode.recall = recall_of(inside, curve.by_conversation(), curve.options);
  const double floor = curve.floor.value_or(0);
  mode.skill = inside.empty() || floor >= 1
      ? std::numeric_limits<double>::quiet_NaN()
      : std::max(0.0, (mode.recall.share.share - floor) / (1 - floor));
  mode.remembered = static_cast<double>(cost.facts) * mode.skill;
  mode.positions_per_fact = mode.remembered > 0
      ? static_cast<double>(cost.positions) / mode.remembered
      : std::numeric_limits<double>::infinity();
  return mode;
}

PlaceRecall
place_recall(int64_t place, const Rows& rows, const RecallCurve& curve) {
  Rows here;
  std::vector<Rows> bins(curve.bins.size());
  for (const auto* row : rows) {
    if (static_cast<int64_t>(row->place * kPlaces) != place) {
      continue;
    }
    here.push_back(row);
    const int64_t age = age_of(*row, curve.options.unit);
    for (size_t bin = 0; bin < bins.size(); ++bin) {
      if (curve.bins[bin].first <= age && age <= curve.bins[bin].last) {
        bins[bin].push_back(row);
      }
    }
  }
  PlaceRecall recall;
  recall.all = recall_of(here, curve.by_conversation(), curve.options);
  for (const auto& bin : bins) {
    recall.bins.push_back(
        recall_of(bin, curve.by_conversation(), curve.options));
  }
  return recall;
}

void check_options(const CurveOptions& options) {
  check<UsageError>(
      options.bin_width >= 0,
      "curve: the width of a bin must be at least 1, or 0 for bins that "
      "double, got ",
      options.bin_width);
  check<UsageError>(
      options.horizon_skill > 0 && options.horizon_skill <= 1,
      "curve: the skill of the horizon must lie in (0, 1], got ",
      options.horizon_skill);
}

/// Rivals first, the one to beat at the top; then floors.
constexpr std::array<std::string_view, 8> kMethodOrder = {
    "text_search",
    "whole_text",
    "newest_text",
    "oldest_text",
    "summary",
    "pruned_text",
    kBlankMethod,
    kFloorMethod};

/// Methods of the answers to questions about stated facts, the subject first.
std::vector<std::string> methods_of(
    const std::vector<RecallRow>& rows,
    const std::string& subject) {
  std::set<std::string> names;
  for (const auto& row : rows) {
    if (row.fact) {
      names.insert(row.method);
    }
  }
  std::string known;
  for (const auto& name : names) {
    known += concat(known.empty() ? "" : ", ", name);
  }
  check(
      names.erase(subject) == 1,
      "curve: no question about a stated fact was answered by \"",
      subject,
      "\"; the store has answers by: ",
      known.empty() ? "no method" : known);
  std::vector<std::string> list = {subject};
  for (const auto method : kMethodOrder) {
    if (names.erase(std::string(method)) == 1) {
      list.emplace_back(method);
    }
  }
  list.insert(list.begin() + 1, names.begin(), names.end());
  return list;
}

} // namespace

Recall
recall_of(const Rows& rows, bool by_conversation, const CurveOptions& options) {
  Recall recall;
  std::map<int64_t, metrics::ClusterCount> conversations;
  for (const auto* row : rows) {
    ++recall.outcomes[static_cast<size_t>(row->outcome)];
    auto& count = conversations[row->conversation];
    ++count.probes;
    count.correct += row->outcome == Outcome::kCorrect ? 1 : 0;
  }
  const int64_t correct = recall.count(Outcome::kCorrect);
  recall.share =
      metrics::wilson_proportion(correct, static_cast<int64_t>(rows.size()));
  if (by_conversation) {
    std::vector<metrics::ClusterCount> clusters;
    for (const auto& [id, count] : conversations) {
      clusters.push_back(count);
    }
    recall.share = metrics::clustered_proportion(
        clusters, options.seed, options.resamples);
  }
  return recall;
}

double Recall::confabulation() const {
  int64_t answered = 0;
  for (const int64_t number : outcomes) {
    answered += number;
  }
  answered -= count(Outcome::kAbstained);
  const int64_t wrong = answered - count(Outcome::kCorrect);
  return answered > 0
      ? static_cast<double>(wrong) / static_cast<double>(answered)
      : std::numeric_limits<double>::quiet_NaN();
}

RecallCurve make_curve(
    const Series& series,
    const std::vector<RecallRow>& rows,
    const std::vector<ModeCost>& costs,
    const CurveOptions& options) {
  check_options(options);
  const auto methods = methods_of(rows, options.method);
  RecallCurve curve;
  curve.series = series;
  curve.options = options;
  Rows subject;
  std::set<int64_t> conversations;
  std::map<std::string, Rows> kinds;
  int64_t oldest = 0;
  for (const auto& row : rows) {
    if (row.fact && row.method == options.method) {
      subject.push_back(&row);
      conversations.insert(row.conversation);
      kinds[row.kind].push_back(&row);
      oldest = std::max(oldest, age_of(row, options.unit));
    }
  }
  curve.conversations = static_cast<int64_t>(conversations.size());
  auto bins = make_bins(oldest, options.bin_width);
  if (options.bin_width == 0) {
    bins = cut_bins(bins, mode_changes(subject, options.unit));
  }
  // Ages without a question have no point.
  for (const auto& bin : bins) {
    std::map<int64_t, std::string> modes;
    for (const auto* row : subject) {
      const int64_t age = age_of(*row, options.unit);
      if (bin.first <= age && age <= bin.last) {
        modes[row->tier] = row->mode;
      }
    }
    if (modes.empty()) {
      continue;
    }
    std::string names;
    for (const auto& [tier, name] : modes) {
      names = concat(name, names.empty() ? "" : ", ", names);
    }
    curve.bins.push_back(bin);
    curve.bin_modes.push_back(names);
  }
  for (const auto& method : methods) {
    curve.methods.push_back(method_recall(method, rows, curve));
    if (method == kFloorMethod) {
      curve.floor = curve.methods.back().all.share.share;
    }
  }
  curve.fewest_probes = std::numeric_limits<int64_t>::max();
  for (const auto& bin : curve.subject().bins) {
    curve.fewest_probes = std::min(curve.fewest_probes, bin.share.probes);
  }
  add_fits(curve, subject);
  for (const auto& cost : costs) {
    curve.modes.push_back(mode_recall(cost, subject, curve));
  }
  for (int64_t place = 0; place < kPlaces; ++place) {
    curve.places.push_back(place_recall(place, subject, curve));
  }
  for (const auto& [kind, list] : kinds) {
    curve.kinds.push_back(
        {kind, recall_of(list, curve.by_conversation(), options)});
  }
  return curve;
}

RecallCurve
make_curve(Store& store, const Series& series, const CurveOptions& options) {
  return make_curve(
      series, recall_rows(store, series), mode_costs(store, series), options);
}

} // namespace microfiche::memory::curve
