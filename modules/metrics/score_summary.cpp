#include "metrics/score_summary.h"

#include <algorithm>
#include <charconv>
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

BinScores finish_bin(
    const std::string& group,
    const TextTokenBin& bin,
    const BinPages& pages,
    uint64_t seed) {
  BinScores row;
  row.group = group;
  row.text_tokens = bin;
  row.pages = static_cast<int64_t>(pages.scores.size());
  const auto n = static_cast<double>(pages.scores.size());
  row.text_tokens_mean = pages.text_tokens / n;
  row.vision_tokens = pages.vision_tokens / n;
  row.compression_ratio = pages.text_tokens / pages.vision_tokens;
  row.metrics = summarize(pages.scores, seed);
  return row;
}

} // namespace

MetricIntervals summarize(const std::vector<PageScores>& pages, uint64_t seed) {
  std::vector<std::vector<double>> columns(metric_names().size());
  for (const auto& page : pages) {
    const auto values = metric_values(page);
    for (size_t i = 0; i < values.size(); ++i) {
      columns[i].push_back(values[i]);
    }
  }
  return bootstrap_means(columns, seed);
}

const Interval& find_metric(
    const MetricIntervals& metrics,
    const std::string& name) {
  const auto& names = metric_names();
  const auto found = std::find(names.begin(), names.end(), name);
  check<UsageError>(found != names.end(), "no metric named \"", name, "\"");
  return metrics[found - names.begin()];
}

Json to_json(const MetricIntervals& metrics) {
  Json json = Json::object();
  for (size_t i = 0; i < metrics.size(); ++i) {
    json[metric_names()[i]] = {
        {"mean", finite_or_null(metrics[i].mean)},
        {"low", finite_or_null(metrics[i].low)},
        {"high", finite_or_null(metrics[i].high)}};
  }
  return json;
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
  ScoreSummary summary;
  for (const auto& page : file.pages) {
    all.push_back(score_prediction(page, profile));
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
  summary.pages = static_cast<int64_t>(all.size());
  summary.metrics = summarize(all, seed);
  for (const auto& [key, pages] : cells) {
    summary.bins.push_back(
        finish_bin(key.first, bins[key.second], pages, seed));
  }
  return summary;
}

Json to_json(const ScoreSummary& summary) {
  Json means = Json::object();
  for (size_t i = 0; i < summary.metrics.size(); ++i) {
    means[metric_names()[i]] = finite_or_null(summary.metrics[i].mean);
  }
  Json bins = Json::array();
  for (const auto& bin : summary.bins) {
    Json row = Json::object();
    if (!bin.group.empty()) {
      row["group"] = bin.group;
    }
    row["text_tokens"] = {bin.text_tokens.lower, bin.text_tokens.upper};
    row["pages"] = bin.pages;
    row["text_tokens_mean"] = bin.text_tokens_mean;
    row["vision_tokens"] = bin.vision_tokens;
    row["compression_ratio"] = bin.compression_ratio;
    row["metrics"] = to_json(bin.metrics);
    bins.push_back(std::move(row));
  }
  return {
      {"profile", summary.profile},
      {"pages", summary.pages},
      {"metrics", std::move(means)},
      {"intervals", to_json(summary.metrics)},
      {"bins", std::move(bins)},
      {"outside_bins", summary.outside_bins}};
}

} // namespace microfiche::metrics
