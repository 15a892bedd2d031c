#include "memory/sweep/cell_rows.h"

#include "memory/recall/find_value.h"
#include "memory/recall/recall_report.h"
#include "memory/sweep/shares.h"
#include "metrics/proportion.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace microfiche::memory {
namespace {

/// Questions that are asked together.
constexpr size_t kQueries = 4;

/// The end of the first bin of text tokens in an accuracy table; each other bin
/// ends at twice the end of the one before.
constexpr int64_t kFirstBinEnd = 64;

/// Answers by transcription to questions about stated facts that `takes`.
template <typename Takes>
Json recall_json(const CellResult& result, uint64_t seed, const Takes& takes) {
  std::vector<metrics::ClusterCount> clusters;
  for (const auto& run : result.runs) {
    metrics::ClusterCount cluster;
    for (const auto& answer : run.recall.answers) {
      const auto& probe = run.recall.probes[answer.probe];
      if (answer.method == Method::kTranscription && probe.fact &&
          takes(run, *probe.fact)) {
        ++cluster.probes;
        cluster.correct += answer.outcome == Outcome::kCorrect ? 1 : 0;
      }
    }
    clusters.push_back(cluster);
  }
  return share_json(share_of(clusters, seed));
}

Json queries_json(const CellResult& result, uint64_t seed) {
  std::vector<metrics::ClusterCount> clusters;
  for (const auto& run : result.runs) {
    std::vector<bool> right;
    for (const auto& answer : run.recall.answers) {
      if (answer.method == Method::kTranscription &&
          run.recall.probes[answer.probe].fact) {
        right.push_back(answer.outcome == Outcome::kCorrect);
      }
    }
    metrics::ClusterCount cluster;
    for (size_t i = 0; i + kQueries <= right.size(); i += kQueries) {
      const auto begin = right.begin() + static_cast<int64_t>(i);
      ++cluster.probes;
      cluster.correct +=
          std::all_of(begin, begin + kQueries, [](bool one) { return one; })
          ? 1
          : 0;
    }
    clusters.push_back(cluster);
  }
  return share_json(share_of(clusters, seed));
}

/// Source: string_match_all of RULER, arXiv:2404.06654.
Json values_json(const CellResult& result, uint64_t seed) {
  std::vector<metrics::ClusterCount> clusters;
  for (const auto& run : result.runs) {
    metrics::ClusterCount cluster;
    for (const auto& probe : run.recall.probes) {
      // All values of the key, the newest among them.
      const auto& values = probe.answer.earlier;
      if (!probe.fact || values.size() < 2) {
        continue;
      }
      const auto& kind = probe.answer.kind;
      std::u32string texts;
      for (const auto& page : run.recall.texts.kept) {
        texts += page ? comparable(page->text, kind) + U"\n" : U"";
      }
      for (const auto& value : values) {
        ++cluster.probes;
        cluster.correct +=
            texts.find(comparable(value, kind)) != std::u32string::npos ? 1 : 0;
      }
    }
    clusters.push_back(cluster);
  }
  return share_json(share_of(clusters, seed));
}

/// A name of the cell that tells it from the others.
Json cell_fields(const ConversationCell& cell) {
  return {
      {"conversation", cell.conversation},
      {"policy", cell.policy},
      {"budget", cell.budget},
      {"correlation",
       cell.correlation ? Json(*cell.correlation) : Json(nullptr)},
      {"hits", cell.hits},
      {"pages_per_context", cell.pages_per_context}};
}

std::string field_text(const Json& value) {
  return value.is_null()  ? "-"
      : value.is_string() ? value.get<std::string>()
                          : value.dump();
}

} // namespace

Json cell_json(const CellResult& result, uint64_t seed) {
  std::vector<RecallRun> runs;
  int64_t context_positions = 0;
  BuildReport build;
  for (const auto& run : result.runs) {
    runs.push_back(run.recall);
    context_positions = std::max(context_positions, run.context_positions);
    build.encoded += run.build.encoded;
    build.reused += run.build.reused;
    build.encode_time += run.build.encode_time;
  }
  const auto is_important = [](const ConversationRun& run, int64_t fact) {
    return run.important.contains(fact);
  };
  const auto is_hit = [](const ConversationRun& run, int64_t fact) {
    return run.hit.contains(fact);
  };
  const auto other = [](const auto& takes) {
    return [&takes](const ConversationRun& run, int64_t fact) {
      return !takes(run, fact);
    };
  };
  Json json = cell_fields(result.cell);
  json["conversations"] = runs.size();
  json["summary"] = summarize(runs, seed);
  if (result.cell.correlation) {
    json["important"] = recall_json(result, seed, is_important);
    json["unimportant"] = recall_json(result, seed, other(is_important));
  }
  if (result.cell.hits > 0) {
    json["hit"] = recall_json(result, seed, is_hit);
    json["not_hit"] = recall_json(result, seed, other(is_hit));
  }
  json["queries_of_4"] = queries_json(result, seed);
  json["all_values"] = values_json(result, seed);
  json["context_positions"] = context_positions;
  json["pages_encoded"] = build.encoded;
  json["pages_reused"] = build.reused;
  json["encode_seconds"] = build.encode_time.seconds;
  return json;
}

Table cell_table(const std::vector<Json>& cells) {
  struct Column {
    std::string title;
    std::function<std::string(const Json&)> text;
  };
  std::vector<Column> columns;
  for (const std::string name :
       {"conversation",
        "policy",
        "budget",
        "correlation",
        "hits",
        "pages_per_context"}) {
    columns.push_back(
        {name, [name](const Json& cell) { return field_text(cell[name]); }});
  }
  for (const std::string method :
       {"transcription",
        "wrong_page",
        "newest_text",
        "summary",
        "pruned_text",
        "text_search"}) {
    columns.push_back({method, [method](const Json& cell) {
                         const auto& entry = cell["summary"]["methods"][method];
                         auto share = entry["recall"];
                         share["n"] = entry["n"];
                         return share_text(share);
                       }});
  }
  columns.push_back(
      {"positions", [](const Json& cell) {
         return fixed(
             cell["summary"]["methods"]["transcription"]["positions"]
                 .get<double>(),
             0);
       }});
  for (const std::string outcome : {"binding", "source", "stale", "invented"}) {
    columns.push_back({outcome, [outcome](const Json& cell) {
                         return cell["summary"]["methods"]["transcription"]
                                    ["outcomes"][outcome]
                                        .dump();
                       }});
  }
  for (const std::string name :
       {"important",
        "unimportant",
        "hit",
        "not_hit",
        "queries_of_4",
        "all_values"}) {
    columns.push_back({name, [name](const Json& cell) {
                         return share_text(cell.value(name, Json(nullptr)));
                       }});
  }
  columns.push_back(
      {"false answers", [](const Json& cell) {
         const auto& entry =
             cell["summary"]["methods"]["transcription"]["never_stated"];
         const auto n = entry["n"].get<int64_t>();
         return n == 0 ? std::string("-")
                       : concat(
                             n - entry["outcomes"]["abstained"].get<int64_t>(),
                             " of ",
                             n);
       }});
  Table table;
  table.rows.resize(cells.size());
  for (const auto& column : columns) {
    std::vector<std::string> texts;
    for (const auto& cell : cells) {
      texts.push_back(column.text(cell));
    }
    const bool useful =
        std::any_of(texts.begin(), texts.end(), [&](const auto& text) {
          return text != "-" &&
              (text != texts.front() || column.title == "transcription" ||
               column.title == "policy" || texts.size() == 1 ||
               text.find('[') != std::string::npos);
        });
    if (useful) {
      table.header.push_back(column.title);
      for (size_t i = 0; i < cells.size(); ++i) {
        table.rows[i].push_back(texts[i]);
      }
    }
  }
  return table;
}

AccuracyTable accuracy_of(
    const std::vector<CellResult>& results,
    const std::string& model) {
  /// By mode and bin of text tokens.
  std::map<
      std::pair<std::string, std::pair<int64_t, int64_t>>,
      metrics::ClusterCount>
      counts;
  const auto bin_of = [](int64_t tokens) {
    std::pair<int64_t, int64_t> bin = {0, kFirstBinEnd};
    while (tokens >= bin.second) {
      bin = {bin.second, 2 * bin.second};
    }
    return bin;
  };
  for (const auto& result : results) {
    if (result.cell.pages_per_context > 1) {
      continue;
    }
    for (const auto& one : result.runs) {
      const auto& run = one.recall;
      for (const auto& answer : run.answers) {
        const auto& probe = run.probes[answer.probe];
        if (answer.method != Method::kTranscription || !probe.fact) {
          continue;
        }
        const auto& mode = run.plan.items[*probe.item].mode;
        if (mode == kGone || mode == kText) {
          continue;
        }
        int64_t tokens = 0;
        for (const size_t page : pages_of_picture(run.plan, *probe.item)) {
          tokens += run.texts.count_tokens(run.texts.exact[page]);
        }
        auto& count = counts[{
            aged_mode_name(mode, run.plan.items[*probe.item].how),
            bin_of(tokens)}];
        ++count.probes;
        count.correct += answer.outcome == Outcome::kCorrect ? 1 : 0;
      }
    }
  }
  AccuracyTable table;
  table.model = model;
  table.metric = "recall by transcription";
  for (const auto& [key, count] : counts) {
    table.rows.push_back(
        {key.first,
         key.second,
         static_cast<double>(count.correct) / static_cast<double>(count.probes),
         count.probes});
  }
  return table;
}

} // namespace microfiche::memory
