#pragma once

// What the tests of loading and saving a model share.

#include "checkpoint/sharded_checkpoint.h"
#include "core/error.h"
#include "model/loaded_model.h"
#include "model/state_dict.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace microfiche::model {

/// The tensors of a model folder, by name.
using Tensors = std::map<std::string, torch::Tensor>;

inline Tensors read_tensors(const std::filesystem::path& folder) {
  const auto checkpoint = checkpoint::Checkpoint::open(folder);
  Tensors tensors;
  for (const auto& name : checkpoint.names()) {
    tensors[name] = view_tensor(*checkpoint.find(name)).clone();
  }
  return tensors;
}

inline void write_tensors(
    const std::filesystem::path& file,
    const Tensors& tensors) {
  std::vector<checkpoint::TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    views.push_back(view_bytes(name, tensor));
  }
  checkpoint::write_safetensors(file, views);
}

/// A folder with the tiny model.
class LoadedModelTest : public ::testing::Test {
 protected:
  LoadedModelTest() {
    tests::write_tiny_model(folder.path());
  }

  /// Changes the checkpoint of the folder.
  void change(const std::function<void(Tensors&)>& edit) const {
    auto tensors = read_tensors(folder.path());
    edit(tensors);
    write_tensors(folder.path() / "model.safetensors", tensors);
  }

  void expect_refused(const std::string& words) const {
    EXPECT_THAT(
        [&] { load_model(folder.path()); },
        ::testing::ThrowsMessage<InputError>(::testing::HasSubstr(words)));
  }

  tests::TemporaryFolder folder;
};

/// Vision tokens of a grey page in a mode, and logits of some ids.
inline torch::Tensor outputs(
    const LoadedModel& loaded,
    const page::ResolutionMode& mode,
    int64_t num_ids) {
  const torch::InferenceMode inference;
  auto model = loaded.model;
  page::PageViews page;
  page.global_view = {
      mode.base_size_px,
      mode.base_size_px,
      std::vector<uint8_t>(3 * mode.base_size_px * mode.base_size_px, 200)};
  page.page_width_px = mode.base_size_px;
  page.page_height_px = mode.base_size_px;
  const page::PageViews pages[] = {page};
  const auto tokens =
      model->encode(pages, mode).front().sequence.to(torch::kFloat32);
  const auto ids = torch::arange(num_ids, torch::kInt64).unsqueeze(0);
  const auto logits = model->decoder->logits(
      model->decoder->forward(model->decoder->embed(ids)));
  return torch::cat({tokens.flatten(), logits.flatten()});
}

inline torch::Tensor outputs(const LoadedModel& loaded) {
  return outputs(loaded, loaded.config.toolkit.modes.front(), /*num_ids=*/40);
}

} // namespace microfiche::model
