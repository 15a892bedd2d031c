#include "training/log/environment.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/machine.h"
#include "core/version.h"
#include "rendering/font.h"

#include <ATen/Parallel.h>

namespace microfiche::training {

Json describe_environment(
    const TrainingConfig& config,
    const RunState& state,
    const TrainingData& data) {
  const auto fonts = config.fonts();
  Json environment = describe_machine();
  environment["build"] = write_config(build_info());
  environment["model"] = state.trained.loaded.provenance();
  environment["threads"] = at::get_num_threads();
  environment["processes"] = size_of(state.group());
  environment["rendering"] = write_config(
      rendering::rendering_provenance({fonts.begin(), fonts.end()}));
  environment["text"] = data.provenance();
  return environment;
}

void check_same_initial_encoder(
    const std::filesystem::path& run_folder,
    const RunState& state) {
  if (!state.trained.initial_encoder) {
    return;
  }
  const auto& loaded = state.trained.loaded;
  const auto environment = read_json_file(run_folder / "environment.json");
  const auto expected = environment.at("model").at("sha256").get<std::string>();
  const auto found = loaded.hash();
  check(
      found == expected,
      loaded.folder.string(),
      ": its weights changed since the run began, and losses.kept_tokens "
      "compares with them: expected SHA-256 ",
      expected,
      ", got ",
      found,
      "; put them back, or set another folder with -o");
}

} // namespace microfiche::training
