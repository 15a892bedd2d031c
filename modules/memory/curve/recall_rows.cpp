#include "memory/curve/recall_rows.h"

#include "core/error.h"
#include "core/json.h"
#include "memory/recall/find_value.h"
#include "memory/recall/probes.h"
#include "memory/recall/stored_plan.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace microfiche::memory::curve {
namespace {

/// Names that tell the series apart.
void name_series(Store& store, std::vector<Series>& all_series) {
  std::vector<std::string> kinds;
  for (const auto& series : all_series) {
    kinds.push_back(policy_kind(store, series.policy));
  }
  for (size_t i = 0; i < all_series.size(); ++i) {
    auto& series = all_series[i];
    /// Whether another series differs in a field.
    const auto differs = [&](auto field) {
      return std::any_of(
          all_series.begin(), all_series.end(), [&](const Series& other) {
            return other.*field != series.*field;
          });
    };
    bool other_policy = false;
    for (size_t k = 0; k < all_series.size(); ++k) {
      other_policy = other_policy ||
          (kinds[k] == kinds[i] && all_series[k].policy != series.policy);
    }
    series.name = concat(
        kinds[i], other_policy ? concat(" (policy ", series.policy, ")") : "");
    if (differs(&Series::model) || differs(&Series::reader)) {
      const auto& hash = series.reader.empty() ? series.model : series.reader;
      series.name += concat(" (model ", hash.substr(0, 8), ")");
    }
    if (differs(&Series::dtype)) {
      series.name +=
          concat(" (", series.dtype.empty() ? "no dtype" : series.dtype, ")");
    }
    if (differs(&Series::reading_config)) {
      series.name += concat(" (run ", series.runs.back(), ")");
    }
    series.name += concat(", ", series.budget, " positions");
  }
}

Outcome
outcome_of(const Store& store, int64_t answer, const std::string& name) {
  const auto found = find_outcome(name);
  check(
      found.has_value(),
      store.path().string(),
      ": answer ",
      answer,
      ": unknown outcome \"",
      name,
      "\"; a newer microfiche may have written it");
  return *found;
}

/// Where values stand in the text of their pages.
class PlaceFinder {
 public:
  explicit PlaceFinder(Store& store)
      : query_(
            store.database(),
            "SELECT (SELECT coalesce(sum(before.end_byte - before.begin_byte), "
            "0) FROM page_turn AS before WHERE before.page = here.page AND "
            "before.turn < here.turn), "
            "(SELECT sum(every.end_byte - every.begin_byte) FROM page_turn AS "
            "every WHERE every.page = here.page), "
            "here.begin_byte, turn.text, fact.key, fact.value "
            "FROM page_turn AS here JOIN turn ON turn.id = here.turn "
            "JOIN fact ON fact.turn = turn.id "
            "WHERE here.page = ?1 AND fact.id = ?2") {}

  double find(int64_t page, int64_t fact) {
    if (!query_.bind(page, fact).next() || query_.integer(1) <= 0) {
      return 0;
    }
    // A value that the turn does not spell counts where the turn begins.
    const auto value =
        find_value_place(query_.text(3), query_.text(4), query_.text(5));
    const int64_t in_turn = std::max<int64_t>(
        (value ? static_cast<int64_t>(*value) : 0) - query_.integer(2), 0);
    const auto place = static_cast<double>(query_.integer(0) + in_turn) /
        static_cast<double>(query_.integer(1));
    return std::min(place, kLastPlace);
  }

 private:
  static constexpr double kLastPlace = 0.999;
  Statement query_;
};

int64_t conversation_of(Store& store, int64_t plan) {
  Statement query(
      store.database(), "SELECT conversation FROM plan WHERE id = ?1");
  query.bind(plan).next();
  return query.integer(0);
}

} // namespace

std::string policy_kind(Store& store, int64_t policy) {
  Statement query(store.database(), "SELECT json FROM policy WHERE id = ?1");
  query.bind(policy).next();
  const auto where = concat(store.path().string(), ": policy ", policy);
  const auto json = parse_json(query.text(0), where);
  check(
      json.is_object() && json.contains("policy") && json["policy"].is_string(),
      where,
      ": expected an object with the field \"policy\"");
  return json["policy"].get<std::string>();
}

std::vector<Series> answered_series(
    Store& store,
    std::optional<int64_t> conversation) {
  Statement query(
      store.database(),
      "SELECT plan.policy, plan.budget, plan.model, recall_run.model_sha256, "
      "dtype, reading_config, plan.conversation, plan.id, recall_run.id "
      "FROM plan JOIN recall_run ON recall_run.plan = plan.id "
      "JOIN answer ON answer.run = recall_run.id "
      "WHERE ?1 IS NULL OR plan.conversation = ?1 "
      "GROUP BY recall_run.id ORDER BY max(answer.id)");
  query.bind(conversation);
  using Key = std::tuple<
      int64_t,
      int64_t,
      std::string,
      std::string,
      std::string,
      std::string>;
  /// Plan and run by conversation.
  using Runs = std::map<int64_t, std::pair<int64_t, int64_t>>;
  std::vector<std::pair<Key, Runs>> groups;
  while (query.next()) {
    const Key key = {
        query.integer(0),
        query.integer(1),
        query.text(2),
        query.text(3),
        query.text(4),
        query.text(5)};
    auto found =
        std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
          return group.first == key;
        });
    // A group moves to the end when a newer run of it comes.
    Runs runs;
    if (found != groups.end()) {
      runs = std::move(found->second);
      groups.erase(found);
    }
    runs[query.integer(6)] = {query.integer(7), query.integer(8)};
    groups.emplace_back(key, std::move(runs));
  }
  std::vector<Series> all_series;
  for (const auto& [key, runs] : groups) {
    Series series;
    std::tie(
        series.policy,
        series.budget,
        series.model,
        series.reader,
        series.dtype,
        series.reading_config) = key;
    for (const auto& [id, run] : runs) {
      series.plans.push_back(run.first);
      series.runs.push_back(run.second);
    }
    all_series.push_back(std::move(series));
  }
  name_series(store, all_series);
  return all_series;
}

size_t find_series(
    const Store& store,
    const std::vector<Series>& all_series,
    std::optional<int64_t> plan) {
  check(
      !all_series.empty(),
      store.path().string(),
      ": there are no answers; `microfiche memory recall` asks questions");
  if (!plan) {
    return all_series.size() - 1;
  }
  // The one that was asked last is at the end.
  for (size_t i = all_series.size(); i-- > 0;) {
    const auto& plans = all_series[i].plans;
    if (std::find(plans.begin(), plans.end(), *plan) != plans.end()) {
      return i;
    }
  }
  throw InputError(concat(
      store.path().string(),
      ": there are no answers for plan ",
      *plan,
      ", or a newer plan of the same policy and budget has replaced it; "
      "`microfiche memory recall --plan ",
      *plan,
      "` asks questions"));
}

size_t find_series_of_run(
    const Store& store,
    const std::vector<Series>& all_series,
    int64_t run) {
  for (size_t i = 0; i < all_series.size(); ++i) {
    const auto& runs = all_series[i].runs;
    if (std::find(runs.begin(), runs.end(), run) != runs.end()) {
      return i;
    }
  }
  throw InputError(concat(
      store.path().string(),
      ": there is no run ",
      run,
      " with answers, or a newer plan of the same policy and budget has "
      "replaced it; `microfiche memory recall` says the number of its run"));
}

std::vector<RecallRow> recall_rows(Store& store, const Series& series) {
  // Answers from before schema 3 have no age; the newest of equal ones counts.
  Statement query(
      store.database(),
      "SELECT probe.conversation, probe.fact, "
      "coalesce(fact.kind, ''), answer.method, answer.outcome, "
      "coalesce(answer.page, 0), coalesce(answer.tier, 0), "
      "coalesce(answer.mode, ''), coalesce(answer.age_pages, 0), "
      "coalesce(answer.age_turns, 0), answer.positions, "
      "answer.characters_per_token, answer.id "
      "FROM answer JOIN probe ON probe.id = answer.probe "
      "LEFT JOIN fact ON fact.id = probe.fact "
      "WHERE answer.run = ?1 AND (probe.fact IS NULL OR (answer.age_pages IS "
      "NOT NULL AND answer.age_turns IS NOT NULL)) "
      "AND answer.id IN (SELECT max(id) FROM answer WHERE run = ?1 "
      "GROUP BY probe, method) ORDER BY answer.id");
  PlaceFinder places(store);
  std::vector<RecallRow> rows;
  for (const int64_t run : series.runs) {
    query.bind(run);
    while (query.next()) {
      RecallRow row;
      row.conversation = query.integer(0);
      row.fact = query.optional_integer(1);
      row.kind = query.text(2);
      row.method = query.text(3);
      row.outcome = outcome_of(store, query.integer(12), query.text(4));
      row.page = query.integer(5);
      row.tier = query.integer(6);
      row.mode = query.text(7);
      row.age_pages = query.integer(8);
      row.age_turns = query.integer(9);
      row.positions = query.integer(10);
      if (!query.is_null(11)) {
        row.characters_per_token = query.number(11);
      }
      if (row.fact) {
        row.place = places.find(row.page, *row.fact);
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<ModeCost> mode_costs(Store& store, const Series& series) {
  Statement pages(
      store.database(),
      "SELECT tier, coalesce(mode, 'gone'), count(*), sum(positions) "
      "FROM plan_item WHERE plan = ?1 GROUP BY tier, mode");
  std::map<int64_t, ModeCost> costs;
  for (const int64_t plan : series.plans) {
    pages.bind(plan);
    while (pages.next()) {
      auto& cost = costs[pages.integer(0)];
      cost.tier = pages.integer(0);
      cost.mode = pages.text(1);
      cost.pages += pages.integer(2);
      cost.positions += pages.integer(3);
    }
    const auto stored = find_plan(store, conversation_of(store, plan), plan);
    for (const auto& fact : newest_facts(store, stored)) {
      if (fact.item) {
        ++costs[stored.items[*fact.item].tier].facts;
      }
    }
  }
  std::vector<ModeCost> list;
  for (auto& [tier, cost] : costs) {
    list.insert(list.begin(), std::move(cost));
  }
  return list;
}

} // namespace microfiche::memory::curve
