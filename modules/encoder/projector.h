#pragma once

#include "layers/linear.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>

namespace microfiche::encoder {

/// Options for `Projector`.
struct ProjectorOptions {
  /// Channels of the second stage's features (`SecondStage::feature_width`):
  /// 2048 with CLIP, 896 with the flow.
  TORCH_ARG(int64_t, in_width) = 2048;

  /// Width of the decoder.
  TORCH_ARG(int64_t, out_width) = 1280;
};

/// One linear layer from vision width to decoder width, from normal(0, 0.02).
class ProjectorImpl : public torch::nn::Cloneable<ProjectorImpl> {
 public:
  explicit ProjectorImpl(ProjectorOptions options_ = {});

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Shapes: features (..., in_width), returns (..., out_width).
  torch::Tensor forward(const torch::Tensor& features);

  /// The options with which this module was constructed.
  ProjectorOptions options;

  layers::Linear linear{nullptr};
};

TORCH_MODULE(Projector);

} // namespace microfiche::encoder
