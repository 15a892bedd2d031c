#include "metrics/score_tables.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/plural.h"
#include "metrics/interval_text.h"

namespace microfiche::metrics {
namespace {

std::string bin_name(const TextTokenBin& bin) {
  return concat("[", bin.lower, ", ", bin.upper, ")");
}

std::string row_name(const BinScores& bin) {
  return bin.group.empty() ? bin_name(bin.text_tokens)
                           : bin.group + " " + bin_name(bin.text_tokens);
}

bool has_looped_pages(const ScoreSummary& summary) {
  return summary.scores.pages_without_loops < summary.scores.pages;
}

} // namespace

Table overview_table(const ScoreSummary& summary, const Profile& profile) {
  auto shown = profile.shown;
  if (std::find(shown.begin(), shown.end(), "loop_rate") == shown.end()) {
    shown.push_back("loop_rate");
  }
  Table table;
  table.header = {"text tokens", "pages", "vision tokens", "ratio"};
  if (summary.bins.empty()) {
    table.header = {"pages"};
  }
  table.header.insert(table.header.end(), shown.begin(), shown.end());
  const bool loops = has_looped_pages(summary);
  if (loops) {
    table.header.push_back(profile.headline + " without loops");
  }
  const auto add_row = [&](std::vector<std::string> row,
                           const PageSetScores& scores) {
    for (const auto& name : shown) {
      row.push_back(interval_text(find_metric(scores.metrics, name), 4));
    }
    if (loops) {
      row.push_back(concat(
          interval_text(find_metric(scores.without_loops, profile.headline), 4),
          ", ",
          count_of(scores.pages_without_loops, "page")));
    }
    table.rows.push_back(std::move(row));
  };
  for (const auto& bin : summary.bins) {
    add_row(
        {row_name(bin),
         std::to_string(bin.scores.pages),
         fixed(bin.vision_tokens, 1),
         fixed(bin.compression_ratio, 2)},
        bin.scores);
  }
  const auto pages = std::to_string(summary.scores.pages);
  add_row(
      summary.bins.empty() ? std::vector{pages}
                           : std::vector<std::string>{"all", pages, "-", "-"},
      summary.scores);
  return table;
}

Table paper_table(const ScoreSummary& summary, const Profile& profile) {
  std::vector<std::string> groups;
  std::map<int64_t, std::map<std::string, const BinScores*>> rows;
  for (const auto& bin : summary.bins) {
    if (std::find(groups.begin(), groups.end(), bin.group) == groups.end()) {
      groups.push_back(bin.group);
    }
    rows[bin.text_tokens.lower][bin.group] = &bin;
  }
  Table table;
  table.header = {"text tokens"};
  for (const auto& group : groups) {
    const auto prefix = group.empty() ? "" : group + ": ";
    table.header.insert(
        table.header.end(),
        {prefix + find_metric(profile.headline).title,
         prefix + "compression",
         prefix + "pages"});
  }
  for (const auto& [lower, by_group] : rows) {
    std::vector<std::string> row = {
        bin_name(by_group.begin()->second->text_tokens)};
    for (const auto& group : groups) {
      const auto found = by_group.find(group);
      if (found == by_group.end()) {
        row.insert(row.end(), {"-", "-", "0"});
        continue;
      }
      const auto& bin = *found->second;
      row.insert(
          row.end(),
          {interval_text(find_metric(bin.scores.metrics, profile.headline), 4),
           fixed(bin.compression_ratio, 1) + "x",
           std::to_string(bin.scores.pages)});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table full_table(const ScoreSummary& summary) {
  Table table;
  table.header = {
      "profile",
      "normalization",
      "group",
      "text_tokens_lower",
      "text_tokens_upper",
      "pages",
      "pages_without_loops",
      "text_tokens_mean",
      "vision_tokens",
      "compression_ratio"};
  for (const char* prefix : {"", "without_loops_"}) {
    for (const auto& name : metric_names()) {
      for (const char* end : {"", "_low", "_high", "_bca_low", "_bca_high"}) {
        table.header.push_back(prefix + name + end);
      }
    }
  }
  const auto add_row = [&](const std::string& group,
                           const std::vector<std::string>& lengths,
                           const std::vector<std::string>& ratio,
                           const PageSetScores& scores) {
    std::vector<std::string> row = {
        summary.profile, summary.normalization, group};
    row.insert(row.end(), lengths.begin(), lengths.end());
    row.push_back(std::to_string(scores.pages));
    row.push_back(std::to_string(scores.pages_without_loops));
    row.insert(row.end(), ratio.begin(), ratio.end());
    for (const auto* intervals : {&scores.metrics, &scores.without_loops}) {
      for (const auto& interval : *intervals) {
        for (const double value :
             {interval.mean,
              interval.low,
              interval.high,
              interval.bca_low,
              interval.bca_high}) {
          row.push_back(exact(value));
        }
      }
    }
    table.rows.push_back(std::move(row));
  };
  for (const auto& bin : summary.bins) {
    add_row(
        bin.group,
        {std::to_string(bin.text_tokens.lower),
         std::to_string(bin.text_tokens.upper)},
        {exact(bin.text_tokens_mean),
         exact(bin.vision_tokens),
         exact(bin.compression_ratio)},
        bin.scores);
  }
  add_row("all", {"", ""}, {"", "", ""}, summary.scores);
  return table;
}

std::string notes_on(const ScoreSummary& summary) {
  const int64_t pages = summary.scores.pages;
  const int64_t icu = summary.pages_split_by_icu;
  auto notes = concat(
      "Profile ",
      summary.profile,
      ", normalisation ",
      summary.normalization,
      "; words: ",
      icu == 0           ? "split at white space"
          : icu == pages ? "ICU's word breaks"
                         : concat(
                               "ICU's word breaks on ",
                               icu,
                               " pages with Han characters, split at "
                               "white space on ",
                               pages - icu),
      ". METEOR: exact and stem matches. Intervals: bootstrap over pages, 95 %, ",
      kBootstrapResamples,
      " resamples, percentile (BCa is in json and csv).");
  const auto& corpus = summary.corpus;
  notes += concat(
      "\nWhole corpus: CER ",
      fixed(corpus.cer, 4),
      ", WER ",
      fixed(corpus.wer, 4),
      "; normalised edit distance by sample ",
      fixed(corpus.edit_sample_avg, 4),
      ", by page (ALL_page_avg) ",
      fixed(corpus.edit_page_avg, 4),
      ", whole ",
      fixed(corpus.edit_whole, 4),
      ".");
  if (summary.length_stopped_rate) {
    notes += concat(
        " Stopped by length: ", fixed(*summary.length_stopped_rate, 3), ".");
  }
  std::vector<std::pair<std::string, int64_t>> sets;
  for (const auto& bin : summary.bins) {
    sets.emplace_back(row_name(bin), bin.scores.pages);
  }
  if (summary.bins.empty()) {
    sets.emplace_back("all", pages);
  }
  const auto few = few_pages_text(sets);
  notes += few.empty() ? "" : "\n" + few;
  return notes + "\n";
}

} // namespace microfiche::metrics
