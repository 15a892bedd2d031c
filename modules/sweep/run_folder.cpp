#include "sweep/run_folder.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "core/config.h"
#include "core/error.h"
#include "core/json_difference.h"
#include "metrics/score.h"
#include "sweep/run_rows.h"
#include "sweep/sweep_cells.h"

namespace microfiche::sweep {

namespace fs = std::filesystem;

namespace {

/// Computes metrics that a sample lacks, because the run is older than the
/// metric.
void complete_metrics(Sample& sample, const metrics::Profile& profile) {
  auto& values = sample.metrics.values;
  const auto missing = [](double value) { return std::isnan(value); };
  if (std::none_of(values.begin(), values.end(), missing)) {
    return;
  }
  const auto computed =
      metrics::score_page(sample.page.reference, sample.reading.text, profile);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = missing(values[i]) ? computed.values[i] : values[i];
  }
}

} // namespace

Run read_run(const fs::path& folder) {
  const bool has_config = fs::exists(folder / "config.json");
  check(
      has_config &&
          (fs::exists(folder / "samples.jsonl") || has_worker_rows(folder)),
      folder.string(),
      ": not the folder of a sweep; it has no ",
      has_config ? "samples.jsonl" : "config.json");
  Run run;
  run.folder = folder;
  run.config = load_config<SweepConfig>(folder / "config.json");
  run.environment = read_json_file(folder / "environment.json");
  const auto& profile = metrics::find_profile(run.config.profile);
  auto rows = read_rows(folder, cells_of(run.config));
  for (auto& row : rows.samples) {
    complete_metrics(row.sample, profile);
    run.samples.push_back(std::move(row.sample));
  }
  for (auto& row : rows.blanks) {
    run.blanks.push_back(std::move(row.blank));
  }
  return run;
}

void begin_run(
    const fs::path& folder,
    const SweepConfig& config,
    const Json& environment) {
  const auto config_file = folder / "config.json";
  const auto environment_file = folder / "environment.json";
  const auto json = write_config(config);
  if (fs::exists(config_file)) {
    const auto found = read_json_file(config_file);
    for (const auto& [field, kind] :
         {std::pair("stages", "training run"),
          std::pair("conversations", "sweep over conversations")}) {
      check(
          !found.contains(field),
          folder.string(),
          ": holds a ",
          kind,
          "; choose another folder with -o");
    }
    // Reading and writing again fills in the defaults on both sides.
    const auto before = write_config(load_config<SweepConfig>(config_file));
    check_same_run(config_file, "", first_difference(before, json));
  } else {
    check(
        !fs::exists(folder / "samples.jsonl"),
        folder.string(),
        ": has samples.jsonl of a run whose config.json is missing; choose "
        "another folder with -o");
  }
  if (fs::exists(environment_file)) {
    const auto before = read_json_file(environment_file);
    check_same_run(
        environment_file,
        "other ",
        first_difference(
            before.value("models", Json()),
            environment.value("models", Json()),
            "models"));
    const auto old_model = before.value("model", Json::object());
    const auto new_model = environment.value("model", Json::object());
    for (const char* field :
         {"sha256", "tokenizer_sha256", "dtype", "window"}) {
      check_same_run(
          environment_file,
          "a model whose ",
          first_difference(
              old_model.value(field, Json()),
              new_model.value(field, Json()),
              field));
    }
  }
  write_json_file(config_file, json);
  if (!fs::exists(environment_file)) {
    write_json_file(environment_file, environment);
  }
  cut_torn_rows(folder);
}

fs::path picture_path(const fs::path& folder, const Sample& sample) {
  auto name = sample.id;
  std::replace(name.begin(), name.end(), '/', '_');
  return folder / "pages" / (name + ".png");
}

} // namespace microfiche::sweep
