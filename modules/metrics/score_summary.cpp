#include "metrics/score_summary.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>

#include "core/error.h"

namespace microfiche::metrics {
namespace {

struct BinPages {
  std::vector<PageScores> scores;
  double text_tokens = 0;
  double vision_tokens = 0;
};

std::string group_of(const Prediction& page, const std::string& field) {
  if (field.empty()) {
    return "";
  }
  const auto found = page.fields.find(field);
  check(
      found != page.fields.end(),
      "page \"",
      page.id,
      "\" has no field \"",
      field,
      "\" to group by");
  return found->is_string() ? found->get<std::string>() : found->dump();
}

/// Scores a page. For a page with blocks, the edit distance is that of the
/// blocks.
PageScores score_with_blocks(
    const Prediction& page,
    const PageTexts& texts,
    const std::vector<BlockEdits>& blocks,
    const Profile& profile) {
  auto scores = score_texts(texts, profile);
  const double distance = block_edit_distance(blocks);
  if (!page.blocks.empty() && std::isfinite(distance)) {
    scores.values[metric_index("normalized_edit_distance")] = distance;
    scores.values[metric_index("edit_similarity")] = 1 - distance;
  }
  return scores;
}

/// Counts the lines whose `stop` is "length" among the lines with a `stop`.
struct StopCounter {
  int64_t known = 0;
  int64_t by_length = 0;

  void add(const Prediction& page) {
    const auto stop = page.fields.find("stop");
    if (stop != page.fields.end() && stop->is_string()) {
      ++known;
      by_length += *stop == "length";
    }
  }

  std::optional<double> length_rate() const {
    return known == 0
        ? std::nullopt
        : std::optional(
              static_cast<double>(by_length) / static_cast<double>(known));
  }
};

BinScores finish_bin(
    const std::string& group,
    const TextTokenBin& bin,
    const BinPages& pages,
    uint64_t seed) {
  BinScores row;
  row.group = group;
  row.text_tokens = bin;
  const auto n = static_cast<double>(pages.scores.size());
  row.text_tokens_mean = pages.text_tokens / n;
  row.vision_tokens = pages.vision_tokens / n;
  row.compression_ratio = pages.text_tokens / pages.vision_tokens;
  row.scores = summarize_with_and_without_loops(pages.scores, seed);
  return row;
}

} // namespace

MetricIntervals summarize(const std::vector<PageScores>& pages, uint64_t seed) {
  std::vector<std::vector<double>> columns(all_metrics().size());
  for (const auto& page : pages) {
    for (size_t i = 0; i < columns.size(); ++i) {
      columns[i].push_back(page.values[i]);
    }
  }
  return bootstrap_means(columns, seed);
}

const Interval& find_metric(
    const MetricIntervals& metrics,
    const std::string& name) {
  return metrics[metric_index(name)];
}

Json to_json(const MetricIntervals& metrics) {
  Json json = Json::object();
  for (size_t i = 0; i < metrics.size(); ++i) {
    json[metric_names()[i]] = {
        {"mean", finite_or_null(metrics[i].mean)},
        {"low", finite_or_null(metrics[i].low)},
        {"high", finite_or_null(metrics[i].high)},
        {"bca_low", finite_or_null(metrics[i].bca_low)},
        {"bca_high", finite_or_null(metrics[i].bca_high)}};
  }
  return json;
}

PageSetScores summarize_with_and_without_loops(
    const std::vector<PageScores>& pages,
    uint64_t seed) {
  const size_t loop_rate = metric_index("loop_rate");
  std::vector<PageScores> kept;
  for (const auto& page : pages) {
    if (page.values[loop_rate] == 0) {
      kept.push_back(page);
    }
  }
  PageSetScores scores;
  scores.pages = std::ssize(pages);
  scores.metrics = summarize(pages, seed);
  scores.pages_without_loops = std::ssize(kept);
  scores.without_loops =
      kept.size() == pages.size() ? scores.metrics : summarize(kept, seed);
  return scores;
}

Json without_loops_json(const PageSetScores& scores) {
  return {
      {"pages", scores.pages_without_loops},
      {"metrics", to_json(scores.without_loops)}};
}

std::vector<TextTokenBin> parse_bins(const std::string& text) {
  int64_t numbers[3] = {};
  const char* at = text.data();
  const char* const end = at + text.size();
  bool valid = true;
  for (int i = 0; i < 3 && valid; ++i) {
    const auto [rest, error] = std::from_chars(at, end, numbers[i]);
    valid = error == std::errc() && (i == 2 ? rest == end : *rest == ':');
    at = rest + 1;
  }
  const auto [first, last, step] = numbers;
  check<UsageError>(
      valid && 0 <= first && first < last && step > 0 &&
          (last - first) / step < 10000,
      "--bins takes first:last:step in text tokens, such as 600:1300:100, got ",
      text);
  std::vector<TextTokenBin> bins;
  for (int64_t lower = first; lower < last; lower += step) {
    bins.push_back({lower, std::min(lower + step, last)});
  }
  return bins;
}

ScoreSummary score_file(
    const PredictionFile& file,
    const Profile& profile,
    const std::vector<TextTokenBin>& bins,
    const std::string& group_by,
    uint64_t seed) {
  std::vector<PageScores> all;
  std::map<std::pair<std::string, size_t>, BinPages> cells;
  CorpusCounter corpus;
  StopCounter stops;
  ScoreSummary summary;
  for (const auto& page : file.pages) {
    const auto texts =
        prepare_texts(page.reference, page.prediction, profile.normalization);
    const auto blocks = edits_of_blocks(page, texts, profile.normalization);
    all.push_back(score_with_blocks(page, texts, blocks, profile));
    corpus.add(texts, blocks);
    stops.add(page);
    summary.pages_split_by_icu +=
        splits_by_dictionary(texts.reference(), texts.prediction());
    if (bins.empty()) {
      continue;
    }
    check(
        page.text_tokens && page.vision_tokens,
        "page \"",
        page.id,
        "\" has no ",
        page.text_tokens ? "vision_tokens" : "text_tokens",
        "; bins need both");
    const auto bin = std::find_if(bins.begin(), bins.end(), [&](auto& range) {
      return range.lower <= *page.text_tokens &&
          *page.text_tokens < static_cast<double>(range.upper);
    });
    if (bin == bins.end()) {
      ++summary.outside_bins;
      continue;
    }
    auto& cell = cells[{group_of(page, group_by), bin - bins.begin()}];
    cell.scores.push_back(all.back());
    cell.text_tokens += *page.text_tokens;
    cell.vision_tokens += *page.vision_tokens;
  }
  summary.profile = profile.name;
  summary.normalization = name_of(profile.normalization);
  summary.scores = summarize_with_and_without_loops(all, seed);
  summary.corpus = corpus.scores();
  summary.length_stopped_rate = stops.length_rate();
  for (const auto& [key, pages] : cells) {
    summary.bins.push_back(
        finish_bin(key.first, bins[key.second], pages, seed));
  }
  return summary;
}

Json to_json(const ScoreSummary& summary) {
  const auto& scores = summary.scores;
  const auto& corpus = summary.corpus;
  Json means = Json::object();
  for (size_t i = 0; i < scores.metrics.size(); ++i) {
    means[metric_names()[i]] = finite_or_null(scores.metrics[i].mean);
  }
  Json bins = Json::array();
  for (const auto& bin : summary.bins) {
    Json row = Json::object();
    if (!bin.group.empty()) {
      row["group"] = bin.group;
    }
    row["text_tokens"] = {bin.text_tokens.lower, bin.text_tokens.upper};
    row["pages"] = bin.scores.pages;
    row["few_pages"] = bin.scores.pages < kFewPages;
    row["text_tokens_mean"] = bin.text_tokens_mean;
    row["vision_tokens"] = bin.vision_tokens;
    row["compression_ratio"] = bin.compression_ratio;
    row["metrics"] = to_json(bin.scores.metrics);
    row["without_loops"] = without_loops_json(bin.scores);
    bins.push_back(std::move(row));
  }
  const Json length_stopped_rate =
      summary.length_stopped_rate ? Json(*summary.length_stopped_rate) : Json();
  return {
      {"profile", summary.profile},
      {"normalization", summary.normalization},
      {"words",
       {{"white_space", scores.pages - summary.pages_split_by_icu},
        {"icu", summary.pages_split_by_icu}}},
      {"pages", scores.pages},
      {"few_pages", scores.pages < kFewPages},
      {"metrics", std::move(means)},
      {"intervals", to_json(scores.metrics)},
      {"without_loops", without_loops_json(scores)},
      {"length_stopped_rate", length_stopped_rate},
      {"corpus",
       {{"cer", finite_or_null(corpus.cer)},
        {"wer", finite_or_null(corpus.wer)},
        {"edit_sample_avg", finite_or_null(corpus.edit_sample_avg)},
        {"ALL_page_avg", finite_or_null(corpus.edit_page_avg)},
        {"edit_whole", finite_or_null(corpus.edit_whole)}}},
      {"bins", std::move(bins)},
      {"outside_bins", summary.outside_bins}};
}

} // namespace microfiche::metrics
