#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace microfiche::encoder {

/// The second stage of the encoder: what stands between the compressor and the
/// projector. Implementations are also `torch::nn::Cloneable`, because their
/// weights are part of the encoder.
///
/// In the shapes below, B = pages or tiles, n = side of the token grid, C = the
/// compressor's last channels.
class SecondStage {
 public:
  virtual ~SecondStage() = default;

  /// The name of its weights in the encoder, and of its output in traces.
  virtual std::string stage_name() const = 0;

  /// C, the channels that it takes.
  virtual int64_t in_channels() const = 0;

  /// The channels of `features`, which the projector takes.
  virtual int64_t feature_width() const = 0;

  /// Shapes: map (B, C, n, n), returns (B, q, its width). q, the number of
  /// vision tokens, is n * n, or a fraction of it in a stage that compresses.
  ///
  /// Throws `c10::Error` when the map has other channels or a side that the
  /// stage does not take.
  virtual torch::Tensor forward(const torch::Tensor& map) = 0;

  /// What the projector gets, from the map and from the output of `forward`.
  ///
  /// Shapes: map (B, C, n, n), output (B, q, its width), returns
  /// (B, q, feature_width).
  virtual torch::Tensor features(
      const torch::Tensor& map,
      const torch::Tensor& output) = 0;

  /// Whether the features contain the map itself, beside the output.
  virtual bool features_have_map() const = 0;

  /// Recomputes its blocks in the backward pass; see `layers::recompute`.
  virtual void set_recompute(bool on) = 0;
};

/// Makes a second stage with random initial weights.
using SecondStageFactory = std::function<std::shared_ptr<SecondStage>()>;

/// Makes stages of the module `Impl` with these options.
template <typename Impl, typename Options>
SecondStageFactory stage_factory(Options options) {
  return [options] { return std::make_shared<Impl>(options); };
}

} // namespace microfiche::encoder
