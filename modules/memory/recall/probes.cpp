#include "memory/recall/probes.h"

#include "core/error.h"
#include "core/random.h"
#include "memory/recall/find_value.h"

#include <algorithm>
#include <map>
#include <set>

namespace microfiche::memory {
namespace {

/// Draws in a row without a new key that was never stated.
constexpr int kMaxDraws = 1000;

std::u32string comparable_key(const std::string& key) {
  return comparable(key, /*kind=*/"");
}

/// The newest fact of each key, newest first.
std::vector<StatedFact> newest_of_each_key(
    const std::vector<StatedFact>& facts) {
  std::set<std::u32string> seen;
  std::vector<StatedFact> newest;
  for (auto fact = facts.rbegin(); fact != facts.rend(); ++fact) {
    if (seen.insert(comparable_key(fact->key)).second) {
      newest.push_back(*fact);
    }
  }
  return newest;
}

/// One of each of `limit` groups of neighbours, so that all ages are there.
std::vector<StatedFact> spread(
    const std::vector<StatedFact>& facts,
    int64_t limit,
    RandomStream& random) {
  const auto count = static_cast<int64_t>(facts.size());
  if (limit <= 0 || limit >= count) {
    return facts;
  }
  std::vector<StatedFact> drawn;
  for (int64_t group = 0; group < limit; ++group) {
    const int64_t first = group * count / limit;
    const int64_t last = (group + 1) * count / limit - 1;
    drawn.push_back(facts[static_cast<size_t>(random.between(first, last))]);
  }
  return drawn;
}

/// Everything that the answer to a question for `fact` is compared with.
AnswerKey answer_key(
    const StatedFact& fact,
    const std::vector<StatedFact>& facts) {
  AnswerKey answer;
  answer.value = fact.value;
  answer.kind = fact.kind;
  const auto key = comparable_key(fact.key);
  for (const auto& other : facts) {
    if (comparable_key(other.key) == key) {
      answer.earlier.push_back(other.value);
    } else if (other.item == fact.item) {
      answer.same_page.push_back(other.value);
    } else {
      answer.other_pages.push_back(other.value);
    }
  }
  return answer;
}

/// The first half of one key and the second half of another: of their words, or
/// of the letters of keys of one word.
std::string cross(const std::string& first, const std::string& second) {
  const size_t space = first.find(' ');
  const size_t other = second.rfind(' ');
  if (space != std::string::npos && other != std::string::npos) {
    return first.substr(0, space) + second.substr(other);
  }
  return first.substr(0, (first.size() + 1) / 2) +
      second.substr(second.size() / 2);
}

/// Keys that no turn has.
std::vector<std::string> never_stated_keys(
    Store& store,
    const StoredPlan& plan,
    const std::vector<StatedFact>& facts,
    int64_t count,
    RandomStream& random) {
  std::string all;
  for (const auto& turn : turns(store, plan.conversation)) {
    all += turn.text + "\n";
  }
  const auto text = comparable_key(all);
  std::set<std::u32string> tried;
  std::vector<std::string> keys;
  int misses = 0;
  while (static_cast<int64_t>(keys.size()) < count) {
    check<UsageError>(
        misses++ < kMaxDraws,
        store.path().string(),
        ": cannot make ",
        count,
        " keys that were never stated from the keys of ",
        facts.size(),
        " facts; ask for fewer with --never-stated");
    const auto key = cross(random.pick(facts).key, random.pick(facts).key);
    const auto compared = comparable_key(key);
    if (tried.insert(compared).second &&
        text.find(compared) == std::u32string::npos) {
      misses = 0;
      keys.push_back(key);
    }
  }
  return keys;
}

} // namespace

std::vector<StatedFact> stated_facts(Store& store, const StoredPlan& plan) {
  std::map<int64_t, size_t> item_of_page;
  for (size_t i = 0; i < plan.items.size(); ++i) {
    item_of_page.emplace(plan.items[i].page, i);
  }
  Statement query(
      store.database(),
      "SELECT fact.id, seq, key, value, fact.kind, turn.id, text "
      "FROM fact JOIN turn ON turn.id = fact.turn "
      "WHERE conversation = ?1 AND seq <= ?2 ORDER BY seq, fact.id");
  // The page with the value; if the turn does not spell the value so, its
  // first page.
  Statement page_query(
      store.database(),
      "SELECT page_turn.page FROM page_turn JOIN plan_item "
      "ON plan_item.page = page_turn.page AND plan_item.plan = ?3 "
      "WHERE turn = ?1 ORDER BY NOT (begin_byte <= ?2 AND ?2 < end_byte), "
      "begin_byte LIMIT 1");
  std::vector<StatedFact> facts;
  query.bind(plan.conversation, plan.now_seq);
  while (query.next()) {
    StatedFact fact;
    fact.id = query.integer(0);
    fact.seq = query.integer(1);
    fact.key = query.text(2);
    fact.value = query.text(3);
    fact.kind = query.text(4);
    const auto place = find_value_place(query.text(6), fact.key, fact.value);
    page_query.bind(
        query.integer(5), place ? static_cast<int64_t>(*place) : -1, plan.id);
    if (page_query.next()) {
      fact.item = item_of_page.at(page_query.integer(0));
    }
    facts.push_back(std::move(fact));
  }
  return facts;
}

std::vector<StatedFact> newest_facts(Store& store, const StoredPlan& plan) {
  return newest_of_each_key(stated_facts(store, plan));
}

std::vector<Probe> draw_probes(
    Store& store,
    const StoredPlan& plan,
    const std::vector<StatedFact>& facts,
    const ProbeOptions& options) {
  auto candidates = newest_of_each_key(facts);
  const auto begin = std::stable_partition(
      candidates.begin(), candidates.end(), [](const StatedFact& fact) {
        return fact.item.has_value();
      });
  candidates.erase(begin, candidates.end());
  check(
      !candidates.empty(),
      store.path().string(),
      ": the pages of plan ",
      plan.id,
      " state no fact that the store knows; import turns with \"facts\", or "
      "make a conversation with `microfiche memory generate`");
  RandomStream random(options.seed, "probes");
  std::vector<Probe> probes;
  for (const auto& fact : spread(candidates, options.limit, random)) {
    probes.push_back(
        {fact.key, fact.id, fact.seq, fact.item, answer_key(fact, facts)});
  }
  RandomStream others(options.seed, "never stated");
  for (const auto& key :
       never_stated_keys(store, plan, facts, options.never_stated, others)) {
    Probe probe;
    probe.key = key;
    for (const auto& fact : facts) {
      probe.answer.other_pages.push_back(fact.value);
    }
    probes.push_back(std::move(probe));
  }
  return probes;
}

} // namespace microfiche::memory
