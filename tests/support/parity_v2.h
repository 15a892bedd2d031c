#pragma once

#include "model/checkpoint_names.h"
#include "model/loaded_model.h"
#include "model/state_dict.h"
#include "tests/support/folders.h"

#include "checkpoint/sharded_checkpoint.h"

#include <torch/torch.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace microfiche::tests {

/// The cases of DeepSeek-OCR 2: those of the repository, or all of them in the
/// folder that MICROFICHE_PARITY_V2 names; see tests/oracles/make_flow_cases.
inline std::filesystem::path parity_v2() {
  const char* all = std::getenv("MICROFICHE_PARITY_V2");
  return all == nullptr ? data_path("parity_v2") : std::filesystem::path(all);
}

/// The tensors of one file of the cases.
class FlowCases {
 public:
  explicit FlowCases(const std::string& name) : file_(parity_v2() / name) {}

  bool has(const std::string& name) const {
    return file_.find(name) != nullptr;
  }

  torch::Tensor operator[](const std::string& name) const {
    const auto* info = file_.find(name);
    TORCH_CHECK(info != nullptr, file_.path(), " has no tensor ", name);
    return model::view_tensor({*info, file_.bytes(*info)}).clone();
  }

  /// What stands before ".`ending`" in the names that end so.
  std::vector<std::string> cases(const std::string& ending) const {
    std::vector<std::string> names;
    for (const auto& info : file_.tensors()) {
      if (info.name.ends_with("." + ending)) {
        names.push_back(
            info.name.substr(0, info.name.size() - ending.size() - 1));
      }
    }
    return names;
  }

 private:
  checkpoint::SafetensorsFile file_;
};

/// The model of a folder whose checkpoint has only some of the weights. The
/// others are random.
inline model::LoadedModel load_partial_model(
    const std::filesystem::path& folder) {
  torch::manual_seed(0);
  model::LoadedModel loaded;
  loaded.folder = folder;
  loaded.config = model::load_model_config(folder / "config.json");
  loaded.model =
      model::OpticalModel(model::optical_model_options(loaded.config));
  auto weights = loaded.model->named_parameters();
  const auto checkpoint = checkpoint::Checkpoint::open(folder);
  const torch::NoGradGuard no_grad;
  for (const auto& name : checkpoint.names()) {
    weights[model::our_name(name)].copy_(
        model::view_tensor(*checkpoint.find(name)));
  }
  loaded.model->eval();
  return loaded;
}

/// The small model of the cases. The repository has no weights of its
/// perception tower.
inline model::LoadedModel load_parity_v2() {
  return load_partial_model(parity_v2() / "model");
}

/// Writes it as a whole model folder, with a tokenizer whose ids are bytes.
inline void write_parity_v2(const std::filesystem::path& folder) {
  model::save_model(
      load_parity_v2(), folder, torch::kFloat32, byte_tokenizer());
}

} // namespace microfiche::tests
