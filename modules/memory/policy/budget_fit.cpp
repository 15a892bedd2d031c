#include "core/error.h"
#include "memory/policy/choices.h"

#include <algorithm>

namespace microfiche::memory {
namespace {

// Each page has the points (positions, expected recall) of its tiers. The
// upgrades along their upper concave hull have falling gains per position, so
// taking the best ones first gives the most recall for the positions spent. It
// is the optimum if the budget ends with an upgrade, and otherwise misses less
// than the recall of the one upgrade that did not fit (Sinha and Zoltners, "The
// multiple-choice knapsack problem", 1979).

/// Tiers to choose from.
struct BudgetFitConfig {
  /// Empty: "gone", "text" and every mode that the accuracy table has.
  std::vector<std::string> modes;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, BudgetFitConfig& config) {
  visit("modes", config.modes);
}

struct Point {
  size_t tier = 0;
  int64_t positions = 0;
  double recall = 0;
};

struct Upgrade {
  size_t page = 0;
  /// Number of the upgrade in its page.
  size_t step = 0;
  Point to;
  int64_t positions = 0;
  double gain = 0;
  double gain_per_position = 0;
};

/// The upper concave hull from the cheapest point to the one of most recall.
std::vector<Point> hull_of(std::vector<Point> points) {
  std::stable_sort(
      points.begin(), points.end(), [](const Point& a, const Point& b) {
        return std::pair(a.positions, -a.recall) <
            std::pair(b.positions, -b.recall);
      });
  std::vector<Point> hull;
  for (const auto& point : points) {
    if (!hull.empty() && point.recall <= hull.back().recall) {
      continue;
    }
    const auto slope = [](const Point& from, const Point& to) {
      return (to.recall - from.recall) /
          static_cast<double>(to.positions - from.positions);
    };
    while (hull.size() >= 2 &&
           slope(hull[hull.size() - 2], hull.back()) <=
               slope(hull.back(), point)) {
      hull.pop_back();
    }
    hull.push_back(point);
  }
  return hull;
}

std::vector<Point> points_of(
    const Choices& choices,
    size_t page,
    const std::vector<size_t>& tiers) {
  const size_t floor = choices.floor(page);
  std::vector<Point> points;
  for (const size_t tier : tiers) {
    if (tier >= floor) {
      points.push_back(
          {tier,
           choices.positions(page, tier),
           choices.measured_recall(page, tier)});
    }
  }
  // A pin may ask for a tier that is not among them.
  if (points.empty() ||
      std::find(tiers.begin(), tiers.end(), floor) == tiers.end()) {
    points.push_back(
        {floor,
         choices.positions(page, floor),
         choices.measured_recall(page, floor)});
  }
  return points;
}

std::vector<size_t> choose_by_gain(
    const BudgetFitConfig& config,
    const Choices& choices) {
  std::vector<size_t> tiers;
  for (size_t i = 0; i < config.modes.size(); ++i) {
    tiers.push_back(
        choices.find_tier(config.modes[i], concat("options.modes[", i, "]")));
  }
  std::vector<size_t> chosen;
  std::vector<Upgrade> upgrades;
  int64_t spent = 0;
  for (size_t page = 0; page < choices.num_pages(); ++page) {
    auto of_page = tiers;
    for (size_t tier = 0; tiers.empty() && tier < choices.num_tiers(); ++tier) {
      if (choices.is_measured(page, tier)) {
        of_page.push_back(tier);
      }
    }
    if (choices.floor(page) == 0) {
      of_page.push_back(0);
    }
    const auto hull = hull_of(points_of(choices, page, of_page));
    chosen.push_back(hull.front().tier);
    spent += hull.front().positions;
    for (size_t i = 1; i < hull.size(); ++i) {
      const int64_t positions = hull[i].positions - hull[i - 1].positions;
      const double gain =
          choices.weight(page) * (hull[i].recall - hull[i - 1].recall);
      upgrades.push_back(
          {page,
           i,
           hull[i],
           positions,
           gain,
           gain / static_cast<double>(positions)});
    }
  }
  // The newest page first among equal gains.
  std::stable_sort(
      upgrades.begin(), upgrades.end(), [](const Upgrade& a, const Upgrade& b) {
        return a.gain_per_position != b.gain_per_position
            ? a.gain_per_position > b.gain_per_position
            : a.page != b.page ? a.page > b.page
                               : a.step < b.step;
      });
  std::vector<bool> full(choices.num_pages(), false);
  for (const auto& upgrade : upgrades) {
    if (full[upgrade.page]) {
      continue;
    }
    if (spent + upgrade.positions > choices.budget()) {
      full[upgrade.page] = true;
      continue;
    }
    spent += upgrade.positions;
    chosen[upgrade.page] = upgrade.to.tier;
  }
  return chosen;
}

} // namespace

PolicyKind budget_fit_policy() {
  return make_policy_kind<BudgetFitConfig>("budget_fit", choose_by_gain);
}

} // namespace microfiche::memory
