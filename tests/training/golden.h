#pragma once

#include "checkpoint/safetensors.h"
#include "model/loaded_model.h"
#include "model/state_dict.h"
#include "tests/support/folders.h"

#include <torch/torch.h>

#include <string>

namespace microfiche::tests {

/// A file of tests/data/training/, made by scripts/make_training_goldens.py.
class Golden {
 public:
  explicit Golden(const std::string& name)
      : file_(data_path("training") / name) {}

  /// A copy of one tensor.
  torch::Tensor operator[](const std::string& name) const {
    const auto* info = file_.find(name);
    TORCH_CHECK(info != nullptr, "no golden tensor \"", name, "\"");
    return model::view_tensor({*info, file_.bytes(*info)}).clone();
  }

 private:
  checkpoint::SafetensorsFile file_;
};

/// The model folder that the goldens were made with; it has no weights.
inline std::filesystem::path golden_model_folder() {
  return data_path("training/model");
}

inline model::LoadedModel make_golden_model() {
  return model::make_model(
      model::load_model_config(golden_model_folder() / "config.json"),
      byte_tokenizer());
}

} // namespace microfiche::tests
