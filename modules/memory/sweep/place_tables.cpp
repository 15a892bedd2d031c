#include "memory/sweep/cell_rows.h"

#include "memory/recall/find_value.h"
#include "memory/sweep/shares.h"

#include <algorithm>
#include <map>
#include <tuple>

// Recall by place: quarters of a page, and ages.

namespace microfiche::memory {
namespace {

constexpr int64_t kQuarters = 4;

/// The way in which the picture of a page is made is part of its mode's name.
std::string mode_name(const StoredPlanItem& item) {
  return aged_mode_name(item.mode, item.how);
}

/// Calls `use` with the number of the run, the run, the probe and the outcome
/// of each question for a fact that was answered by transcription.
template <typename Use>
void for_each_transcription(const CellResult& result, const Use& use) {
  for (size_t r = 0; r < result.runs.size(); ++r) {
    const auto& run = result.runs[r].recall;
    for (const auto& answer : run.answers) {
      const auto& probe = run.probes[answer.probe];
      if (answer.method == Method::kTranscription && probe.fact) {
        use(r, run, probe, answer.outcome);
      }
    }
  }
}

/// Counts an outcome of run `r` among `num_runs`.
void count(
    std::vector<metrics::ClusterCount>& clusters,
    size_t r,
    size_t num_runs,
    Outcome outcome) {
  clusters.resize(num_runs);
  ++clusters[r].probes;
  clusters[r].correct += outcome == Outcome::kCorrect ? 1 : 0;
}

} // namespace

Table place_table(const std::vector<CellResult>& results, uint64_t seed) {
  Table table;
  table.header = {
      "conversation",
      "policy",
      "budget",
      "mode",
      "ages",
      "quarter",
      "n",
      "recall [95 %]"};
  for (const auto& result : results) {
    struct Place {
      std::vector<metrics::ClusterCount> clusters;
      int64_t first = 0;
      int64_t last = 0;
    };
    // Most positions, newest pages, first.
    std::map<std::tuple<int64_t, std::string, int64_t>, Place> places;
    for_each_transcription(
        result,
        [&](size_t r, const auto& run, const auto& probe, Outcome outcome) {
          const auto& exact = run.texts.exact[*probe.item];
          const auto at =
              find_value_place(exact, probe.key, probe.answer.value);
          const auto quarter = static_cast<int64_t>(at.value_or(0)) *
              kQuarters / std::max<int64_t>(std::ssize(exact), 1);
          const auto& item = run.plan.items[*probe.item];
          auto& place = places[{-item.tier, mode_name(item), quarter}];
          const int64_t age = age_in_pages(run.plan, *probe.item);
          place.first =
              place.clusters.empty() ? age : std::min(place.first, age);
          place.last = std::max(place.last, age);
          count(place.clusters, r, result.runs.size(), outcome);
        });
    for (const auto& [key, place] : places) {
      const auto share = share_json(share_of(place.clusters, seed));
      table.rows.push_back(
          {result.cell.conversation,
           result.cell.policy,
           concat(result.cell.budget),
           std::get<1>(key),
           concat(place.first, "-", place.last),
           concat(std::get<2>(key) + 1),
           share["n"].dump(),
           share_text(share)});
    }
  }
  return table;
}

Table age_table(const std::vector<CellResult>& results, uint64_t seed) {
  Table table;
  table.header = {
      "conversation",
      "policy",
      "budget",
      "age",
      "mode",
      "n",
      "recall",
      "low",
      "high"};
  for (const auto& result : results) {
    struct Age {
      std::vector<metrics::ClusterCount> clusters;
      std::map<std::string, int64_t> modes;
    };
    std::map<int64_t, Age> ages;
    for_each_transcription(
        result,
        [&](size_t r, const auto& run, const auto& probe, Outcome outcome) {
          auto& age = ages[age_in_pages(run.plan, *probe.item)];
          count(age.clusters, r, result.runs.size(), outcome);
          ++age.modes[mode_name(run.plan.items[*probe.item])];
        });
    for (const auto& [pages, age] : ages) {
      const auto share = share_of(age.clusters, seed);
      std::string modes;
      for (const auto& [mode, count] : age.modes) {
        modes += (modes.empty() ? "" : ", ") + mode;
      }
      table.rows.push_back(
          {result.cell.conversation,
           result.cell.policy,
           concat(result.cell.budget),
           concat(pages),
           modes,
           concat(share.probes),
           fixed(share.share, 4),
           fixed(share.low, 4),
           fixed(share.high, 4)});
    }
  }
  return table;
}

} // namespace microfiche::memory
