#include "command.h"

#include <iostream>
#include <memory>

#include "core/error.h"
#include "core/files.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "metrics/score_tables.h"

namespace microfiche::apps {
namespace {

struct ScoreArguments {
  CommonArguments common;
  std::string predictions;
  std::string profile = "paper";
  std::string normalization;
  std::string bins;
  std::string by;
  std::string format = "table";
};

/// The profile, with the normalisation of --normalization.
metrics::Profile profile_of(const ScoreArguments& arguments) {
  auto profile = metrics::find_profile(arguments.profile);
  if (!arguments.normalization.empty()) {
    profile.normalization =
        metrics::find_normalization(arguments.normalization);
  }
  return profile;
}

void run_score(const ScoreArguments& arguments) {
  verbosity().quiet = arguments.common.quiet;
  const auto profile = profile_of(arguments);
  std::vector<metrics::TextTokenBin> bins;
  if (!arguments.bins.empty()) {
    bins = metrics::parse_bins(arguments.bins);
  }
  check<UsageError>(
      arguments.by.empty() || !bins.empty(),
      "--by splits bins; also give --bins");

  const auto file =
      metrics::read_predictions(std::filesystem::path(arguments.predictions));
  if (file.layout != "jsonl") {
    say(concat(arguments.predictions, ": read as a file of ", file.layout));
  }
  if (file.num_invalid > 0) {
    warn(concat(
        arguments.predictions,
        ": ",
        count_of(file.num_invalid, "malformed UTF-8 sequence"),
        ", each counted as one wrong character"));
  }
  const auto summary = metrics::score_file(
      file, profile, bins, arguments.by, arguments.common.seed);
  if (summary.outside_bins > 0) {
    warn(count_of(summary.outside_bins, "page") + " in no bin");
  }

  std::string text;
  if (arguments.format == "json") {
    text = metrics::to_json(summary).dump(2) + "\n";
  } else if (arguments.format == "csv") {
    text = to_csv(full_table(summary));
  } else if (arguments.format == "md") {
    const auto table = bins.empty() ? overview_table(summary, profile)
                                    : paper_table(summary, profile);
    text = to_markdown(table) + "\n" + notes_on(summary);
  } else {
    text = to_text(overview_table(summary, profile)) + "\n" + notes_on(summary);
  }
  write_file("-", text);
}

} // namespace

void add_score(CLI::App& app) {
  auto arguments = std::make_shared<ScoreArguments>();
  auto* command = app.add_subcommand(
      "score",
      "microfiche score predictions.jsonl --bins 600:1300:100\n\n"
      "Scores predictions of any model. The input has one JSON object per line "
      "with id, reference, prediction, text_tokens and vision_tokens, or it is a "
      "file of Fox or OmniDocBench.");
  command
      ->add_option(
          "predictions",
          arguments->predictions,
          "File of predictions; - is standard input")
      ->required();
  std::string profiles;
  for (const auto& profile : metrics::all_profiles()) {
    profiles += concat(
        "\n",
        profile.name,
        " (",
        metrics::name_of(profile.normalization),
        "): ",
        profile.description);
  }
  command
      ->add_option(
          "--profile", arguments->profile, "How texts are compared:" + profiles)
      ->capture_default_str();
  command->add_option(
      "--normalization",
      arguments->normalization,
      "How texts are normalised: raw, nfkc-ws or omnidoc; default: the profile's");
  command->add_option(
      "--bins",
      arguments->bins,
      "Bins of text length, first:last:step in text tokens");
  command->add_option(
      "--by",
      arguments->by,
      "Split the bins by a field of the lines, e.g. mode");
  command
      ->add_option("--format", arguments->format, "What is written to stdout")
      ->capture_default_str()
      ->check(CLI::IsMember({"table", "json", "csv", "md"}));
  add_seed_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { run_score(*arguments); });
}

} // namespace microfiche::apps
