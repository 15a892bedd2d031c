#include "training/environment.h"

#include "core/config.h"
#include "core/version.h"
#include "rendering/font.h"

#include <ATen/Parallel.h>

namespace microfiche::training {

Json describe_environment(
    const TrainingConfig& config,
    const RunState& state,
    const TrainingData& data) {
  const auto fonts = config.fonts();
  Json environment = Json::object();
  environment["build"] = write_config(build_info());
  environment["model"] = state.trained.loaded.provenance();
  environment["threads"] = at::get_num_threads();
  environment["processes"] = size_of(state.group());
  environment["rendering"] = write_config(
      rendering::rendering_provenance({fonts.begin(), fonts.end()}));
  environment["text"] = data.provenance();
  return environment;
}

} // namespace microfiche::training
