#include "command.h"

#include <iostream>
#include <memory>

#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"
#include "experiments/runner/table.h"
#include "metrics/score_summary.h"

namespace microfiche::apps {
namespace {

using experiments::exact;
using experiments::fixed;
using experiments::Table;
using metrics::BinScores;
using metrics::MetricIntervals;
using metrics::ScoreSummary;

struct ScoreOptions {
  CommonOptions common;
  std::string predictions;
  std::string profile = "paper";
  std::string bins;
  std::string by;
  std::string format = "table";
};

std::string bin_name(const BinScores& bin) {
  return concat("[", bin.text_tokens.lower, ", ", bin.text_tokens.upper, ")");
}

std::string with_interval(const metrics::Interval& interval) {
  return concat(
      fixed(interval.mean, 4),
      " [",
      fixed(interval.low, 3),
      ", ",
      fixed(interval.high, 3),
      "]");
}

/// What a person reads: the metrics that lead, with intervals.
Table overview(const ScoreSummary& summary, bool grouped) {
  const std::vector<std::string> shown = {
      "set_precision", "edit_similarity", "cer", "wer", "bleu", "loop_rate"};
  Table table;
  if (grouped) {
    table.header.push_back("group");
  }
  table.header.insert(
      table.header.end(), {"text tokens", "pages", "vision tokens", "ratio"});
  table.header.insert(table.header.end(), shown.begin(), shown.end());

  const auto add_row = [&](std::vector<std::string> row,
                           const MetricIntervals& intervals) {
    for (const auto& name : shown) {
      row.push_back(with_interval(metrics::find_metric(intervals, name)));
    }
    table.rows.push_back(std::move(row));
  };
  for (const auto& bin : summary.bins) {
    std::vector<std::string> row;
    if (grouped) {
      row.push_back(bin.group);
    }
    row.insert(
        row.end(),
        {bin_name(bin),
         std::to_string(bin.pages),
         fixed(bin.vision_tokens, 1),
         fixed(bin.compression_ratio, 2)});
    add_row(std::move(row), bin.metrics);
  }
  std::vector<std::string> all = {
      "all", std::to_string(summary.pages), "-", "-"};
  if (grouped) {
    all.insert(all.begin(), "all");
  }
  add_row(std::move(all), summary.metrics);
  return table;
}

/// What a program reads: every metric with its interval, unrounded.
Table full(const ScoreSummary& summary) {
  Table table;
  table.header = {
      "group",
      "text_tokens_lower",
      "text_tokens_upper",
      "pages",
      "text_tokens_mean",
      "vision_tokens",
      "compression_ratio"};
  for (const auto& name : metrics::metric_names()) {
    table.header.insert(
        table.header.end(), {name, name + "_low", name + "_high"});
  }
  const auto add_row = [&](std::vector<std::string> row,
                           const MetricIntervals& intervals) {
    for (const auto& interval : intervals) {
      row.insert(
          row.end(),
          {exact(interval.mean), exact(interval.low), exact(interval.high)});
    }
    table.rows.push_back(std::move(row));
  };
  for (const auto& bin : summary.bins) {
    add_row(
        {bin.group,
         std::to_string(bin.text_tokens.lower),
         std::to_string(bin.text_tokens.upper),
         std::to_string(bin.pages),
         exact(bin.text_tokens_mean),
         exact(bin.vision_tokens),
         exact(bin.compression_ratio)},
        bin.metrics);
  }
  add_row(
      {"all", "", "", std::to_string(summary.pages), "", "", ""},
      summary.metrics);
  return table;
}

void run_score(const ScoreOptions& options) {
  verbosity().quiet = options.common.quiet;
  const auto& profile = metrics::find_profile(options.profile);
  std::vector<metrics::TextTokenBin> bins;
  if (!options.bins.empty()) {
    bins = metrics::parse_bins(options.bins);
  }
  check<UsageError>(
      options.by.empty() || !bins.empty(),
      "--by splits bins; give --bins as well");

  const auto file =
      metrics::read_predictions(std::filesystem::path(options.predictions));
  if (file.layout != "jsonl") {
    say(concat(options.predictions, ": read as a file of ", file.layout));
  }
  if (file.num_invalid > 0) {
    warn(concat(
        options.predictions,
        ": ",
        file.num_invalid,
        " malformed UTF-8 sequences; each counts as one wrong character"));
  }
  const auto summary =
      metrics::score_file(file, profile, bins, options.by, options.common.seed);
  if (summary.outside_bins > 0) {
    warn(concat(summary.outside_bins, " pages lie in no bin"));
  }

  std::string text;
  if (options.format == "json") {
    text = metrics::to_json(summary).dump(2) + "\n";
  } else if (options.format == "csv") {
    text = to_csv(full(summary));
  } else if (options.format == "md") {
    text = to_markdown(overview(summary, !options.by.empty()));
  } else {
    text = to_text(overview(summary, !options.by.empty()));
  }
  write_file("-", text);
}

} // namespace

void add_score(CLI::App& app) {
  auto options = std::make_shared<ScoreOptions>();
  auto* command = app.add_subcommand(
      "score",
      "microfiche score predictions.jsonl --bins 600:1300:100\n\n"
      "Metrics of anybody's predictions, without a model: a JSON object a line "
      "with id, reference, prediction, text_tokens and vision_tokens, or a "
      "file of Fox or OmniDocBench.");
  command
      ->add_option(
          "predictions",
          options->predictions,
          "File of predictions; - is standard input")
      ->required();
  std::string profiles;
  for (const auto& profile : metrics::all_profiles()) {
    profiles += "\n" + profile.name + ": " + profile.description;
  }
  command
      ->add_option(
          "--profile", options->profile, "How texts are compared:" + profiles)
      ->capture_default_str();
  command->add_option(
      "--bins",
      options->bins,
      "Bins of text length, first:last:step in text tokens");
  command->add_option(
      "--by", options->by, "Split the bins by a field of the lines, e.g. mode");
  command->add_option("--format", options->format, "What is written to stdout")
      ->capture_default_str()
      ->check(CLI::IsMember({"table", "json", "csv", "md"}));
  add_seed_option(*command, options->common);
  add_quiet_option(*command, options->common);
  command->callback([options] { run_score(*options); });
}

} // namespace microfiche::apps
