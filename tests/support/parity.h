#pragma once

#include "checkpoint/safetensors.h"
#include "model/state_dict.h"
#include "page/image_file.h"
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

/// The page of `side` px that the reference encoder got, (1, 3, side, side),
/// with values of -1 to 1.
inline torch::Tensor parity_pixels(int64_t side) {
  const auto image = page::read_image(
      data_path("parity/images/" + std::to_string(side) + ".png"));
  TORCH_CHECK(image.width == side && image.height == side);
  return torch::from_blob(
             const_cast<uint8_t*>(image.rgb.data()),
             {side, side, 3},
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
