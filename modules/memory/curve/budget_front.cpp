#include "memory/curve/budget_front.h"

#include <algorithm>
#include <map>
#include <set>

namespace microfiche::memory::curve {
namespace {

/// Facts that the method was asked for in every series.
std::set<int64_t> common_facts(
    const std::vector<std::vector<RecallRow>>& all_series,
    const std::string& method) {
  std::set<int64_t> common;
  for (size_t i = 0; i < all_series.size(); ++i) {
    std::set<int64_t> facts;
    for (const auto& row : all_series[i]) {
      if (row.fact && row.method == method &&
          (i == 0 || common.count(*row.fact) > 0)) {
        facts.insert(*row.fact);
      }
    }
    common = std::move(facts);
  }
  return common;
}

void mark_front(std::vector<FrontPoint>& points, const std::string& method) {
  for (auto& point : points) {
    point.on_front = point.method == method &&
        std::none_of(points.begin(), points.end(), [&](const auto& other) {
                       const double a = other.recall.share.share;
                       const double b = point.recall.share.share;
                       return other.method == method &&
                           other.positions <= point.positions && a >= b &&
                           (other.positions < point.positions || a > b);
                     });
  }
}

} // namespace

BudgetFront make_front(
    Store& store,
    const std::vector<Series>& all_series,
    const CurveOptions& options) {
  std::vector<std::vector<RecallRow>> answers;
  for (const auto& series : all_series) {
    answers.push_back(recall_rows(store, series));
  }
  const auto common = common_facts(answers, options.method);
  BudgetFront front;
  front.all_series = all_series;
  front.common_facts = static_cast<int64_t>(common.size());
  for (size_t i = 0; i < all_series.size(); ++i) {
    std::map<std::string, std::vector<const RecallRow*>> methods;
    for (const auto& row : answers[i]) {
      if (row.fact && (common.empty() || common.count(*row.fact) > 0) &&
          row.method != kFloorMethod && row.method != kBlankMethod) {
        methods[row.method].push_back(&row);
      }
    }
    for (const auto& [method, rows] : methods) {
      FrontPoint point;
      point.series = i;
      point.method = method;
      std::set<int64_t> conversations;
      for (const auto* row : rows) {
        point.positions += static_cast<double>(row->positions) /
            static_cast<double>(rows.size());
        conversations.insert(row->conversation);
      }
      point.recall = recall_of(
          rows,
          static_cast<int64_t>(conversations.size()) >= kFewConversations,
          options);
      front.points.push_back(std::move(point));
    }
  }
  mark_front(front.points, options.method);
  return front;
}

} // namespace microfiche::memory::curve
