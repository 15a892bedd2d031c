#pragma once

#include "checkpoint/safetensors.h"
#include "model/state_dict.h"
#include "tests/support/folders.h"

#include <torch/torch.h>

#include <string>

namespace microfiche::tests {

/// The tensors of one file of tests/data/parity, or of another folder there.
class ParityFile {
 public:
  explicit ParityFile(
      const std::string& name,
      const std::string& folder = "parity")
      : file_(data_path(folder + "/" + name)) {}

  torch::Tensor operator[](const std::string& name) const {
    const auto* info = file_.find(name);
    TORCH_CHECK(info != nullptr, file_.path(), " has no tensor ", name);
    return model::view_tensor({*info, file_.bytes(*info)}).clone();
  }

 private:
  checkpoint::SafetensorsFile file_;
};

/// The largest difference over the largest absolute value of `expected`.
inline double relative_error(
    const torch::Tensor& actual,
    const torch::Tensor& expected) {
  TORCH_CHECK(
      actual.sizes() == expected.sizes(),
      "expected ",
      expected.sizes(),
      ", got ",
      actual.sizes());
  return ((actual - expected).abs().max() / expected.abs().max())
      .item<double>();
}

} // namespace microfiche::tests
