#include "memory/policy/plan_table.h"

#include "core/error.h"
#include "memory/policy/ageing.h"

namespace microfiche::memory {
namespace {

std::string recall_text(const std::optional<double>& recall) {
  return recall ? fixed(*recall, 3) : "-";
}

std::string range_text(int64_t first, int64_t last) {
  return first == last ? concat(first) : concat(first, "-", last);
}

bool has_picture(const PlanItem& item) {
  return item.mode != kGone && item.mode != kText;
}

/// With the way in which the picture is made.
std::string name_of_mode(const PlanItem& item) {
  return has_picture(item)
      ? aged_mode_name(item.mode, item.ageing, item.merged.size())
      : item.mode;
}

/// As a store has it; null without a picture.
Json how_json(const PlanItem& item) {
  return has_picture(item) ? Json(ageing_text(item.ageing, item.merged))
                           : Json(nullptr);
}

} // namespace

Table plan_table(const Plan& plan) {
  Table table;
  table.header = {
      "pages",
      "turns",
      "age",
      "mode",
      "positions",
      "KV bytes",
      "expected recall",
      "reason"};
  const auto& items = plan.items;
  for (size_t begin = 0; begin < items.size();) {
    const auto& first = items[begin];
    const auto name = name_of_mode(first);
    size_t end = begin;
    int64_t positions = 0;
    double recall = 0;
    bool known = true;
    for (; end < items.size() && name_of_mode(items[end]) == name &&
         items[end].reason == first.reason;
         ++end) {
      positions += items[end].positions;
      known = known && items[end].expected_recall.has_value();
      recall += items[end].expected_recall.value_or(0);
    }
    const auto& last = items[end - 1];
    table.rows.push_back(
        {range_text(static_cast<int64_t>(begin) + 1, static_cast<int64_t>(end)),
         range_text(first.first_seq, last.last_seq),
         range_text(last.age, first.age),
         name,
         concat(positions),
         concat(plan.spent > 0 ? positions * (plan.kv_bytes / plan.spent) : 0),
         recall_text(
             known ? std::optional(recall / static_cast<double>(end - begin))
                   : std::nullopt),
         std::string(name_of(first.reason))});
    begin = end;
  }
  return table;
}

Json plan_json(const Plan& plan, const std::optional<int64_t>& id) {
  const auto number = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  Json json = {
      {"plan", id ? Json(*id) : Json(nullptr)},
      {"budget", plan.budget},
      {"now", plan.now_seq},
      {"positions", plan.spent},
      {"text_positions", plan.text_positions},
      {"kv_bytes", plan.kv_bytes},
      {"expected_recall", number(plan.expected_recall)},
      {"pages", Json::array()}};
  for (const auto& item : plan.items) {
    json["pages"].push_back(
        {{"page", item.page},
         {"turns", {item.first_seq, item.last_seq}},
         {"age", item.age},
         {"mode", item.mode},
         {"how", how_json(item)},
         {"positions", item.positions},
         {"expected_recall", number(item.expected_recall)},
         {"reason", name_of(item.reason)}});
  }
  return json;
}

} // namespace microfiche::memory
