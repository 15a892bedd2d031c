#include "memory/recall/recall_report.h"

#include "metrics/proportion.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace microfiche::memory {
namespace {

/// Questions and right answers of each run.
struct Tally {
  std::vector<metrics::ClusterCount> clusters;
  std::map<Outcome, int64_t> outcomes;
  int64_t probes = 0;
  int64_t correct = 0;
};

using TakesAnswer = std::function<bool(const RecallRun&, const Answer&)>;

Tally tally(const std::vector<RecallRun>& runs, const TakesAnswer& takes) {
  Tally result;
  for (const auto& run : runs) {
    metrics::ClusterCount cluster;
    for (const auto& answer : run.answers) {
      if (takes(run, answer)) {
        ++cluster.probes;
        cluster.correct += answer.outcome == Outcome::kCorrect ? 1 : 0;
        ++result.outcomes[answer.outcome];
      }
    }
    result.probes += cluster.probes;
    result.correct += cluster.correct;
    result.clusters.push_back(cluster);
  }
  return result;
}

Json outcomes_json(const Tally& counts) {
  Json json = Json::object();
  for (const Outcome outcome : kOutcomes) {
    const auto found = counts.outcomes.find(outcome);
    json[std::string(name_of(outcome))] =
        found == counts.outcomes.end() ? 0 : found->second;
  }
  return json;
}

Json tally_json(const Tally& counts, uint64_t seed) {
  const bool by_conversation = counts.clusters.size() >= kFewestDrawn;
  const auto recall = by_conversation
      ? metrics::clustered_proportion(counts.clusters, seed)
      : metrics::wilson_proportion(counts.correct, counts.probes);
  return {
      {"n", counts.probes},
      {"correct", counts.correct},
      {"recall",
       {{"mean", recall.share},
        {"low", recall.low},
        {"high", recall.high},
        {"interval", by_conversation ? "conversations" : "probes"}}},
      {"outcomes", outcomes_json(counts)}};
}

bool is_stated(const RecallRun& run, const Answer& answer) {
  return run.probes[answer.probe].fact.has_value();
}

/// The mode of the page that states the fact.
const std::string& mode_of_answer(const RecallRun& run, const Answer& answer) {
  return run.plan.items[*run.probes[answer.probe].item].mode;
}

/// Mean positions of the contexts of stated facts.
double mean_positions(const std::vector<RecallRun>& runs, Method method) {
  double sum = 0;
  int64_t count = 0;
  for (const auto& run : runs) {
    for (const auto& answer : run.answers) {
      if (answer.method == method && is_stated(run, answer)) {
        sum += static_cast<double>(answer.positions);
        ++count;
      }
    }
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

std::string recall_text(const Json& recall) {
  const auto number = [&](const char* name) {
    return recall[name].is_null() ? std::string("-")
                                  : fixed(recall[name].get<double>(), 3);
  };
  return number("mean") + " [" + number("low") + ", " + number("high") + "]";
}

} // namespace

Json sample_row(const RecallRun& run, const Answer& answer) {
  const auto& probe = run.probes[answer.probe];
  const auto* item = probe.item ? &run.plan.items[*probe.item] : nullptr;
  const auto page_of = [&](const std::optional<size_t>& place) {
    return place ? Json(run.plan.items[*place].page) : Json(nullptr);
  };
  const auto density = probe.item
      ? characters_per_token(run.plan, run.texts, *probe.item)
      : std::nullopt;
  return {
      {"conversation", run.conversation},
      {"plan", run.plan.id},
      {"method", name_of(answer.method)},
      {"question", probe.key},
      {"stated", probe.fact.has_value()},
      {"kind", probe.answer.kind},
      {"value", probe.answer.value},
      {"answer", answer.text},
      {"outcome", name_of(answer.outcome)},
      {"turn", item ? Json(probe.seq) : Json(nullptr)},
      {"page", page_of(probe.item)},
      {"answered_page", page_of(answer.answered_item)},
      {"mode", item ? Json(item->mode) : Json(nullptr)},
      {"tier", item ? Json(item->tier) : Json(nullptr)},
      {"age_pages",
       item ? Json(age_in_pages(run.plan, *probe.item)) : Json(nullptr)},
      {"age_turns", item ? Json(run.plan.now_seq - probe.seq) : Json(nullptr)},
      {"page_positions", item ? item->positions : 0},
      {"positions", answer.positions},
      {"characters_per_token", density ? Json(*density) : Json(nullptr)},
      {"seconds", answer.seconds}};
}

Json summarize(const std::vector<RecallRun>& runs, uint64_t seed) {
  Json methods = Json::object();
  for (const Method method : kMethods) {
    const auto stated = tally(runs, [&](const auto& run, const auto& answer) {
      return answer.method == method && is_stated(run, answer);
    });
    const auto others = tally(runs, [&](const auto& run, const auto& answer) {
      return answer.method == method && !is_stated(run, answer);
    });
    auto json = tally_json(stated, seed);
    const double positions = mean_positions(runs, method);
    json["positions"] = positions;
    // Of one plan: its positions, divided by the facts that it recalls.
    json["positions_per_fact"] = stated.correct == 0
        ? Json(nullptr)
        : Json(
              positions * static_cast<double>(runs.size()) /
              static_cast<double>(stated.correct));
    json["never_stated"] = {
        {"n", others.probes}, {"outcomes", outcomes_json(others)}};
    methods[std::string(name_of(method))] = json;
  }
  std::set<std::string> modes;
  for (const auto& run : runs) {
    for (const auto& item : run.plan.items) {
      modes.insert(item.mode);
    }
  }
  Json by_mode = Json::object();
  for (const auto& mode : modes) {
    by_mode[mode] = tally_json(
        tally(
            runs,
            [&](const auto& run, const auto& answer) {
              return answer.method == Method::kTranscription &&
                  is_stated(run, answer) && mode_of_answer(run, answer) == mode;
            }),
        seed);
  }
  return {
      {"conversations", runs.size()},
      {"methods", methods},
      {"transcription_by_mode", by_mode}};
}

Table recall_table(const Json& summary) {
  Table table;
  table.header = {"method", "n", "recall [95 %]"};
  for (const Outcome outcome : kOutcomes) {
    table.header.emplace_back(name_of(outcome));
  }
  table.header.emplace_back("positions");
  const auto add = [&](const std::string& name, const Json& json) {
    std::vector<std::string> row = {
        name, json["n"].dump(), recall_text(json["recall"])};
    for (const Outcome outcome : kOutcomes) {
      row.push_back(json["outcomes"][std::string(name_of(outcome))].dump());
    }
    row.push_back(
        json.contains("positions") ? fixed(json["positions"].get<double>(), 0)
                                   : "-");
    table.rows.push_back(std::move(row));
  };
  for (const Method method : kMethods) {
    const std::string name(name_of(method));
    add(name, summary["methods"][name]);
    if (method == Method::kTranscription) {
      for (const auto& mode : summary["transcription_by_mode"].items()) {
        add("  pages in " + mode.key(), mode.value());
      }
    }
  }
  return table;
}

} // namespace microfiche::memory
