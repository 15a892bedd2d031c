#pragma once

#include "training/training_config.h"

#include "decoder/attention.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>
#include <vector>

namespace microfiche::training {

/// Options for `ReadingAids`.
struct ReadingAidsOptions {
  explicit ReadingAidsOptions(int64_t width) : width_(width) {}

  /// Channels of the decoder.
  TORCH_ARG(int64_t, width);

  /// Most vision tokens of a page.
  TORCH_ARG(int64_t, max_vision_tokens) = 64;

  /// Pixels along the side of a vision token.
  TORCH_ARG(int64_t, pixels_per_token) = 64;

  /// Places along that side which the heads tell apart.
  TORCH_ARG(int64_t, places) = 8;
};

/// Where a batch's characters stand, in positions of the decoder's sequence.
struct ReadingPlaces {
  /// First position that predicts a character, the page's first position, and
  /// its vision tokens along a side.
  int64_t answer_begin = 0;
  int64_t image_begin = 0;
  int64_t side = 0;

  /// (B, L, 2) x and y in px of the character that each position predicts;
  /// negative where there is none.
  torch::Tensor points;
};

/// Shows the decoder where to look while it learns to read; an aid for
/// training, nothing of it is in a model.
///
/// Two heads on a layer's output say in which vision token the next character
/// stands, and where in it. The layer above is asked to attend to that token,
/// and may get a bias on its logit to begin with.
class ReadingAidsImpl : public torch::nn::Cloneable<ReadingAidsImpl> {
 public:
  explicit ReadingAidsImpl(ReadingAidsOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Asks the decoder's layers for what the aids need, `length` being the whole
  /// sequence's and `bias` what is added to the right token's logit.
  ///
  /// Throws `c10::ValueError` when no layer is above the one that finds.
  std::vector<decoder::LayerProbe> make_probes(
      const AidConfig& config,
      const ReadingPlaces& places,
      int64_t num_layers,
      int64_t length,
      double bias,
      torch::Dtype dtype) const;

  /// The aids' loss, a float32 scalar, of probes that the decoder has filled.
  torch::Tensor loss(
      const AidConfig& config,
      const ReadingPlaces& places,
      const std::vector<decoder::LayerProbe>& probes);

  /// The options with which this module was constructed.
  ReadingAidsOptions options;

  torch::nn::Linear token{nullptr};
  torch::nn::Linear place{nullptr};
};

TORCH_MODULE(ReadingAids);

} // namespace microfiche::training
