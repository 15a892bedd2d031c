#pragma once

#include "checkpoint/safetensors.h"
#include "model/state_dict.h"
#include "page/image_file.h"
#include "tests/support/folders.h"

#include <torch/torch.h>

#include <string>
#include <vector>

namespace microfiche::tests {

/// The tensors of one file of tests/data/parity, or of another folder there.
class ParityFile {
 public:
  explicit ParityFile(
      const std::string& name,
      const std::string& folder = "parity")
      : file_(data_path(folder + "/" + name)) {}

  bool has(const std::string& name) const {
    return file_.find(name) != nullptr;
  }

  torch::Tensor operator[](const std::string& name) const {
    const auto* info = file_.find(name);
    TORCH_CHECK(info != nullptr, file_.path(), " has no tensor ", name);
    return model::view_tensor({*info, file_.bytes(*info)}).clone();
  }

  std::vector<int64_t> ids(const std::string& name) const {
    const auto ids = (*this)[name].flatten().contiguous();
    const auto* first = ids.const_data_ptr<int64_t>();
    return {first, first + ids.numel()};
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

/// A square page that a reference encoder got, (1, 3, side, side), with values
/// of -1 to 1. `path`: in tests/data.
inline torch::Tensor parity_pixels(const std::string& path) {
  const auto image = page::read_image(data_path(path));
  TORCH_CHECK(image.width == image.height, path, " is not square");
  return torch::from_blob(
             const_cast<uint8_t*>(image.rgb.data()),
             {image.height, image.width, 3},
             torch::kUInt8)
             .permute({2, 0, 1})
             .unsqueeze(0)
             .to(torch::kFloat32) /
      127.5 -
      1;
}

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
