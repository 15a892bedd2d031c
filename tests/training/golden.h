#pragma once

#include "checkpoint/safetensors.h"
#include "data/page_dataset.h"
#include "model/loaded_model.h"
#include "model/state_dict.h"
#include "tests/support/folders.h"

#include <torch/torch.h>

#include <string>
#include <vector>

namespace microfiche::tests {

/// A file of goldens, in tests/data/training/
/// (tests/oracles/make_training_goldens) where no other folder is given.
class Golden {
 public:
  explicit Golden(
      const std::string& name,
      const std::string& folder = "training")
      : file_(data_path(folder) / name) {}

  /// A copy of one tensor.
  torch::Tensor operator[](const std::string& name) const {
    const auto* info = file_.find(name);
    TORCH_CHECK(info != nullptr, "no golden tensor \"", name, "\"");
    return model::view_tensor({*info, file_.bytes(*info)}).clone();
  }

 private:
  checkpoint::SafetensorsFile file_;
};

/// The elements of a tensor of int64.
inline std::vector<int64_t> whole_numbers(const torch::Tensor& tensor) {
  const auto flat = tensor.flatten().contiguous();
  return {
      flat.const_data_ptr<int64_t>(),
      flat.const_data_ptr<int64_t>() + flat.numel()};
}

/// The model folder that the goldens were made with; it has no weights.
inline std::filesystem::path golden_model_folder() {
  return data_path("training/model");
}

inline model::LoadedModel make_golden_model() {
  return model::make_model(
      model::load_model_config(golden_model_folder() / "config.json"),
      byte_tokenizer());
}

/// That model with the first weights of losses.safetensors.
inline model::LoadedModel make_golden_model(const Golden& golden) {
  auto loaded = make_golden_model();
  const torch::NoGradGuard no_grad;
  for (const auto& item : loaded.model->named_parameters()) {
    item.value().copy_(golden["model." + item.key()]);
  }
  return loaded;
}

/// The golden's batch of a step as the dataset would give it.
inline data::PageBatch golden_batch(const tests::Golden& golden, int64_t step) {
  const auto pixels = golden["pixels." + std::to_string(step)].contiguous();
  const auto answers = golden["answers." + std::to_string(step)].contiguous();
  data::PageBatch batch;
  batch.index = step;
  batch.pages = pixels.size(0);
  batch.side_px = pixels.size(1);
  const auto* bytes = pixels.data_ptr<uint8_t>();
  batch.pixels.assign(bytes, bytes + pixels.numel());
  const auto* ids = answers.data_ptr<int64_t>();
  batch.answers.assign(ids, ids + answers.numel());
  batch.longest = answers.size(1);
  batch.answer_points.assign(2 * answers.numel(), -1.0F);
  return batch;
}

} // namespace microfiche::tests
