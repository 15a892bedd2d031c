#include "memory/sweep/conversation_sweep.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "core/random.h"
#include "core/stop_signal.h"
#include "memory/import.h"
#include "memory/lay_out.h"
#include "memory/plans.h"
#include "memory/reading/ask.h"
#include "memory/reading/plan_input.h"
#include "memory/recall/cloze.h"
#include "memory/sweep/conversation_source.h"
#include "model/memory_estimate.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

namespace microfiche::memory {
namespace {

/// A store has one conversation.
constexpr int64_t kConversation = 1;

/// The newest fact of each key that has a page.
std::vector<StatedFact> facts_with_pages(Store& store, const StoredPlan& plan) {
  auto facts = newest_facts(store, plan);
  std::erase_if(facts, [](const StatedFact& fact) { return !fact.item; });
  return facts;
}

/// Pins the turns of a share of the facts, those with the highest scores, which
/// have this correlation with the rank by age.
std::set<int64_t> pin_facts(
    Store& store,
    const std::vector<StatedFact>& facts,
    double share,
    double correlation,
    uint64_t seed) {
  store.database().run("DELETE FROM pin");
  const auto count = static_cast<double>(facts.size());
  // The standard deviation of a rank, spread evenly over [-1/2, 1/2].
  const double deviation = std::sqrt(1.0 / 12);
  RandomStream random(seed, "importance");
  std::vector<std::pair<double, size_t>> scores;
  for (size_t i = 0; i < facts.size(); ++i) {
    // Newest first.
    const double recency =
        (0.5 - (static_cast<double>(i) + 0.5) / count) / deviation;
    scores.emplace_back(
        correlation * recency +
            std::sqrt(1 - correlation * correlation) * random.normal(),
        i);
  }
  std::sort(scores.rbegin(), scores.rend());
  scores.resize(
      std::max<size_t>(1, static_cast<size_t>(std::lround(share * count))));
  std::set<int64_t> pinned;
  for (const auto& [score, i] : scores) {
    pin_turn(store, kConversation, facts[i].seq, /*importance=*/1);
    pinned.insert(facts[i].id);
  }
  return pinned;
}

/// A question reaches the pages of some facts.
std::set<int64_t> hit_facts(
    Store& store,
    const StoredPlan& plan,
    std::vector<StatedFact> facts,
    int64_t count,
    uint64_t seed) {
  store.database().run("DELETE FROM access");
  RandomStream random(seed, "hits");
  random.shuffle(facts);
  facts.resize(std::min(facts.size(), static_cast<size_t>(count)));
  std::set<int64_t> hit;
  for (const auto& fact : facts) {
    record_access(store, plan, *fact.item, fact.key, /*now_ms=*/0);
    hit.insert(fact.id);
  }
  return hit;
}

/// Hands the results on from time to time.
class ResultReporter {
 public:
  ResultReporter(
      const ConversationSweepCallbacks& callbacks,
      const std::vector<CellResult>& results)
      : callbacks_(callbacks), results_(results) {}

  void conversation_finished() {
    is_new_ = true;
    const std::chrono::duration<double> passed = Clock::now() - last_;
    if (passed.count() >= callbacks_.results_every_seconds) {
      report();
    }
  }

  /// Nothing if all results were reported.
  void report() {
    if (is_new_ && callbacks_.results) {
      callbacks_.results(results_);
    }
    is_new_ = false;
    last_ = Clock::now();
  }

 private:
  using Clock = std::chrono::steady_clock;

  const ConversationSweepCallbacks& callbacks_;
  const std::vector<CellResult>& results_;
  bool is_new_ = false;
  Clock::time_point last_ = Clock::now();
};

ConversationRun run_cell(
    Store& store,
    const ConversationSweep& sweep,
    const ConversationCell& cell,
    model::LoadedModel& loaded,
    uint64_t seed) {
  const auto& config = sweep.config;
  store.database().run("DELETE FROM pin; DELETE FROM access");
  ConversationRun run;
  auto plan = plan_conversation(store, sweep, cell, loaded);
  const auto facts = facts_with_pages(store, plan);
  if (cell.correlation) {
    run.important = pin_facts(
        store, facts, config.importance->share, *cell.correlation, seed);
  }
  if (cell.hits > 0) {
    run.hit = hit_facts(store, plan, facts, cell.hits, seed);
  }
  if (cell.correlation || cell.hits > 0) {
    plan = plan_conversation(store, sweep, cell, loaded);
  }
  run.build = build_tokens(store, plan, loaded);
  RecallConfig recall_config;
  recall_config.probes.never_stated = config.never_stated;
  recall_config.probes.seed = seed;
  recall_config.reading.generation = config.generation;
  recall_config.reading.batch = config.batch;
  recall_config.reading.pages_per_context = cell.pages_per_context;
  auto recalled = recall(store, plan, loaded, recall_config);
  run.recall = std::move(recalled.run);
  run.context_positions = recalled.context_positions;
  return run;
}

} // namespace

void add_lines(
    Store& store,
    const ConversationSweep& sweep,
    std::span<const std::string> lines,
    bool seal) {
  std::string text;
  for (const auto& line : lines) {
    text += line;
  }
  const auto file = store.path().string() + ".jsonl";
  write_file(file, text);
  import_file(store, file, {});
  LayoutOptions options;
  options.layout = sweep.layout;
  options.seal = seal;
  lay_out(store, options);
}

StoredPlan plan_conversation(
    Store& store,
    const ConversationSweep& sweep,
    const ConversationCell& cell,
    const model::LoadedModel& loaded,
    int64_t* kv_bytes) {
  auto input =
      make_plan_input(store, kConversation, loaded.config, loaded.tokenizer());
  input.budget = std::min(cell.budget, input.max_positions);
  input.kv_bytes_per_position =
      model::kv_cache_bytes(loaded.config, loaded.placement);
  const auto policy = std::find_if(
      sweep.policies.begin(), sweep.policies.end(), [&](const auto& entry) {
        return entry.first == cell.policy;
      });
  const auto plan = make_plan(policy->second, input);
  if (kv_bytes != nullptr) {
    *kv_bytes = plan.kv_bytes;
  }
  const int64_t id = save_plan(
      store,
      kConversation,
      policy->second,
      plan,
      sha256(read_file(loaded.folder / "config.json")),
      /*now_ms=*/0);
  return find_plan(store, kConversation, id);
}

std::vector<ConversationCell> cells_of(const ConversationSweep& sweep) {
  const auto& config = sweep.config;
  std::vector<std::string> kinds;
  for (const auto& [name, generated] : config.conversations) {
    kinds.push_back(name);
  }
  for (const auto& [name, file] : config.conversation_files) {
    kinds.push_back(name);
  }
  std::vector<std::optional<double>> correlations = {std::nullopt};
  if (config.importance) {
    correlations.assign(
        config.importance->correlations.begin(),
        config.importance->correlations.end());
  }
  std::vector<ConversationCell> cells;
  for (const auto& kind : kinds) {
    for (const auto& correlation : correlations) {
      for (const int64_t hits : config.hits) {
        for (const auto& [name, policy] : sweep.policies) {
          for (const int64_t budget : config.budgets) {
            for (const int64_t pages : config.pages_per_context) {
              cells.push_back({kind, name, budget, correlation, hits, pages});
            }
          }
        }
      }
    }
  }
  return cells;
}

std::vector<CellResult> run_conversations(
    const ConversationSweep& sweep,
    model::LoadedModel& loaded,
    const std::filesystem::path& folder,
    const ConversationSweepCallbacks& callbacks) {
  std::vector<CellResult> results;
  for (const auto& cell : cells_of(sweep)) {
    results.push_back({cell, {}});
  }
  ResultReporter reporter(callbacks, results);
  const ConversationSource source(sweep);
  int64_t total = 0;
  for (const auto& result : results) {
    total += source.count(result.cell.conversation);
  }
  int64_t done = 0;
  int64_t kind_number = 0;
  for (const auto& kind : source.kinds()) {
    ++kind_number;
    for (int64_t i = 0; i < source.count(kind); ++i) {
      const uint64_t seed = sweep.config.seed + static_cast<uint64_t>(i);
      Store store(
          folder / "stores" / concat(kind_number, "-", seed, ".db"),
          Store::Mode::kCreate);
      add_lines(store, sweep, source.lines(kind, i), /*seal=*/true);
      if (source.cloze(kind) > 0) {
        add_cloze_facts(store, kConversation, source.cloze(kind), seed);
      }
      // All cells of a conversation or none, so that they can be compared.
      std::vector<std::pair<CellResult*, ConversationRun>> runs;
      try {
        for (auto& result : results) {
          if (result.cell.conversation == kind) {
            throw_if_stop_requested();
            runs.emplace_back(
                &result, run_cell(store, sweep, result.cell, loaded, seed));
            runs.back().second.recall.conversation = concat(kind, " ", seed);
            if (callbacks.progress) {
              callbacks.progress(++done, total);
            }
          }
        }
      } catch (...) {
        reporter.report();
        throw;
      }
      for (auto& [result, run] : runs) {
        result->runs.push_back(std::move(run));
      }
      reporter.conversation_finished();
    }
  }
  reporter.report();
  return results;
}

} // namespace microfiche::memory
