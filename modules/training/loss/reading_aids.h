#pragma once

#include "decoder/attention.h"
#include "page/resolution_mode.h"

#include <torch/nn.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace microfiche::training {

/// Losses and a bias that help the decoder while it learns where on the page to
/// read; see `ReadingAids`. They end at `until`, so that the rest of the stage
/// trains the model without them.
struct AidConfig {
  /// Layer of the decoder, from 0, whose output must predict the position of
  /// the next character. The next layer attends to that position, so it cannot
  /// be the last.
  int64_t layer = 0;

  /// Weight of the loss for predicting the vision token of the next character,
  /// and the character's cell in that token; 0 for none.
  double location = 0;

  /// Weight of the loss for attending to the vision token of the next
  /// character; 0 for none.
  double attention = 0;

  /// Initial bias on the attention logit of the vision token of the next
  /// character; 0 for none. It falls linearly to 0 at `bias_until`.
  double attention_bias = 0;

  /// Fraction of the stage's steps after which the bias ends; above 0 and at
  /// most `until`.
  double bias_until = 0.5;

  /// Fraction of the stage's steps after which all aids end; above 0 and at
  /// most 1.
  double until = 0.5;

  bool any() const {
    return location > 0 || attention > 0 || attention_bias > 0;
  }

  /// The bias at a fraction of the stage's steps.
  double bias_at(double progress) const;
};

void validate(const AidConfig& config, const std::string& where);

template <typename Visitor>
void visit_fields(Visitor&& visit, AidConfig& config) {
  visit("layer", config.layer);
  visit("location", config.location);
  visit("attention", config.attention);
  visit("attention_bias", config.attention_bias);
  visit("bias_until", config.bias_until);
  visit("until", config.until);
}

/// Cells that the aids distinguish along the side of a vision token's square.
inline constexpr int64_t kCellsPerSide = 8;

/// Options for `ReadingAids`.
struct ReadingAidsOptions {
  explicit ReadingAidsOptions(int64_t width) : width_(width) {}

  /// Channels of the decoder.
  TORCH_ARG(int64_t, width);

  /// Maximum vision tokens of a page.
  TORCH_ARG(int64_t, max_vision_tokens) = 64;

  /// Pixels along the side of the square that a vision token stands for.
  TORCH_ARG(int64_t, pixels_per_token) = 64;

  /// The model's.
  TORCH_ARG(page::TokenLayout, layout) = {};

  /// Cells along that side, a divisor of `pixels_per_token`.
  TORCH_ARG(int64_t, cells) = kCellsPerSide;
};

/// The characters of a batch: their positions in the decoder's sequence and
/// their points on the page.
struct AnswerLayout {
  /// First position that predicts a character, first position of the page, and
  /// its squares along a side.
  int64_t answer_begin = 0;
  int64_t image_begin = 0;
  int64_t side = 0;

  /// (B, L) int64, the two for the page of each character if rows have several
  /// pages; else undefined.
  torch::Tensor image_begins = {};
  torch::Tensor sides = {};

  /// (B, L, 2) x and y in px of the character that each position predicts;
  /// negative if there is none.
  torch::Tensor points;
};

/// Teaches the decoder where on the page the next character is. It is not part
/// of the saved model.
///
/// Two heads on a layer's output predict the vision token of the next character
/// and the cell in that token. A loss makes the next layer attend to the token,
/// and a bias on its logit helps at first.
class ReadingAidsImpl : public torch::nn::Cloneable<ReadingAidsImpl> {
 public:
  explicit ReadingAidsImpl(ReadingAidsOptions options_);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Probes that make the decoder's layers keep what `loss` needs, and that add
  /// `bias` to the right token's logit. `length` is that of the whole sequence.
  ///
  /// Throws `c10::ValueError` if there is no layer above `config.layer`.
  std::vector<decoder::LayerProbe> make_probes(
      const AidConfig& config,
      const AnswerLayout& layout,
      int64_t num_layers,
      int64_t length,
      double bias,
      torch::Dtype dtype) const;

  /// The loss of the aids, a float32 scalar, from probes that the decoder has
  /// filled.
  torch::Tensor loss(
      const AidConfig& config,
      const AnswerLayout& layout,
      const std::vector<decoder::LayerProbe>& probes);

  /// The options with which this module was constructed.
  ReadingAidsOptions options;

  torch::nn::Linear token{nullptr};
  torch::nn::Linear cell{nullptr};

 private:
  /// (B, L) int64: for each character its vision token on the page, the token's
  /// position in the decoder's sequence, and its cell in the token.
  torch::Tensor token_of(const AnswerLayout& layout) const;
  torch::Tensor position_of(const AnswerLayout& layout) const;
  torch::Tensor cell_of(const AnswerLayout& layout) const;

  /// (B, L) int64, the square of each character, row by row.
  torch::Tensor square_of(const AnswerLayout& layout) const;
};

TORCH_MODULE(ReadingAids);

} // namespace microfiche::training
