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

/// Names that tell the settings apart.
void name_settings(Store& store, std::vector<Setting>& settings) {
  std::vector<std::string> kinds;
  for (const auto& setting : settings) {
    kinds.push_back(policy_kind(store, setting.policy));
  }
  for (size_t i = 0; i < settings.size(); ++i) {
    auto& setting = settings[i];
    bool other_policy = false;
    bool other_model = false;
    for (size_t k = 0; k < settings.size(); ++k) {
      other_policy = other_policy ||
          (kinds[k] == kinds[i] && settings[k].policy != setting.policy);
      other_model = other_model || settings[k].model != setting.model;
    }
    setting.name = concat(
        kinds[i],
        other_policy ? concat(" (policy ", setting.policy, ")") : "",
        other_model ? concat(" (model ", setting.model.substr(0, 8), ")") : "",
        ", ",
        setting.budget,
        " positions");
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

std::vector<Setting> answered_settings(
    Store& store,
    std::optional<int64_t> conversation) {
  Statement query(
      store.database(),
      "SELECT plan.policy, plan.budget, plan.model, plan.conversation, plan.id "
      "FROM plan JOIN answer ON answer.plan = plan.id "
      "WHERE ?1 IS NULL OR plan.conversation = ?1 "
      "GROUP BY plan.id ORDER BY max(answer.id)");
  query.bind(conversation);
  using Key = std::tuple<int64_t, int64_t, std::string>;
  std::vector<std::pair<Key, std::map<int64_t, int64_t>>> groups;
  while (query.next()) {
    const Key key = {query.integer(0), query.integer(1), query.text(2)};
    auto found =
        std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
          return group.first == key;
        });
    // A group moves to the end when a newer plan of it comes.
    std::map<int64_t, int64_t> plans;
    if (found != groups.end()) {
      plans = std::move(found->second);
      groups.erase(found);
    }
    plans[query.integer(3)] = query.integer(4);
    groups.emplace_back(key, std::move(plans));
  }
  std::vector<Setting> settings;
  for (const auto& [key, plans] : groups) {
    Setting setting;
    std::tie(setting.policy, setting.budget, setting.model) = key;
    for (const auto& [id, plan] : plans) {
      setting.plans.push_back(plan);
    }
    settings.push_back(std::move(setting));
  }
  name_settings(store, settings);
  return settings;
}

size_t find_setting(
    const Store& store,
    const std::vector<Setting>& settings,
    std::optional<int64_t> plan) {
  check(
      !settings.empty(),
      store.path().string(),
      ": there are no answers; `microfiche memory recall` asks questions");
  if (!plan) {
    return settings.size() - 1;
  }
  for (size_t i = 0; i < settings.size(); ++i) {
    const auto& plans = settings[i].plans;
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

std::vector<RecallRow> recall_rows(Store& store, const Setting& setting) {
  // Answers from before schema 3 have no age; the newest of equal ones counts.
  Statement query(
      store.database(),
      "SELECT probe.conversation, probe.question, probe.fact, "
      "coalesce(fact.kind, ''), answer.method, answer.outcome, "
      "coalesce(answer.page, 0), coalesce(answer.tier, 0), "
      "coalesce(answer.mode, ''), coalesce(answer.age_pages, 0), "
      "coalesce(answer.age_turns, 0), answer.positions, "
      "answer.characters_per_token, answer.id "
      "FROM answer JOIN probe ON probe.id = answer.probe "
      "LEFT JOIN fact ON fact.id = probe.fact "
      "WHERE answer.plan = ?1 AND (probe.fact IS NULL OR (answer.age_pages IS "
      "NOT NULL AND answer.age_turns IS NOT NULL)) "
      "AND answer.id IN (SELECT max(id) FROM answer WHERE plan = ?1 "
      "GROUP BY probe, method) ORDER BY answer.id");
  PlaceFinder places(store);
  std::vector<RecallRow> rows;
  for (const int64_t plan : setting.plans) {
    query.bind(plan);
    while (query.next()) {
      RecallRow row;
      row.conversation = query.integer(0);
      row.question = query.text(1);
      row.fact = query.optional_integer(2);
      row.kind = query.text(3);
      row.method = query.text(4);
      row.outcome = outcome_of(store, query.integer(13), query.text(5));
      row.page = query.integer(6);
      row.tier = query.integer(7);
      row.mode = query.text(8);
      row.age_pages = query.integer(9);
      row.age_turns = query.integer(10);
      row.positions = query.integer(11);
      if (!query.is_null(12)) {
        row.characters_per_token = query.number(12);
      }
      if (row.fact) {
        row.place = places.find(row.page, *row.fact);
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<ModeCost> mode_costs(Store& store, const Setting& setting) {
  Statement pages(
      store.database(),
      "SELECT tier, coalesce(mode, 'gone'), count(*), sum(positions) "
      "FROM plan_item WHERE plan = ?1 GROUP BY tier, mode");
  std::map<int64_t, ModeCost> costs;
  for (const int64_t plan : setting.plans) {
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
