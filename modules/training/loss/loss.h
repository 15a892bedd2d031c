#pragma once

#include "training/batch/batch_tensors.h"
#include "training/loss/loss_terms.h"
#include "training/loss/training_heads.h"

#include "model/loaded_model.h"
#include "model/prompt.h"
#include "text_compression/text_compressor.h"

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace microfiche::training {

/// The losses of a batch.
struct Losses {
  /// The weighted sum of the terms, a float32 scalar with gradient.
  torch::Tensor total;

  /// The sum, the losses and the accuracies of the terms without gradient,
  /// (`scalar_names()`.size()) float32. Terms that were not computed are 0.
  torch::Tensor scalars;
};

/// The names of `Losses::scalars` in metrics.jsonl: "loss", then "NAME_loss" of
/// each term, then "NAME_accuracy".
const std::vector<std::string>& scalar_names();

/// Computes losses of a model.
class LossFunction {
 public:
  /// `loaded` must outlive this. Heads that no config uses may be empty. With a
  /// text compressor no page is encoded, and the decoder gets the compressed
  /// text of each answer instead.
  LossFunction(
      model::LoadedModel& loaded,
      TrainingHeads heads,
      text_compression::TextCompressor text_compressor = nullptr);

  /// Runs the model over a batch. The decoder only runs if "reading" has a
  /// weight, the encoder only if there are pages. Terms for which the batch has
  /// no data are left out. `progress` in [0, 1) is the fraction of the stage's
  /// steps that are done, by which the aids fade out.
  Losses operator()(
      const BatchTensors& batch,
      const LossConfig& config,
      const AidConfig& aids = {},
      double progress = 0);

  /// From now on caches the vision tokens of `batches` batches, by their index,
  /// as long as the encoder is frozen. Forgets those that it has.
  void cache_vision_tokens(int64_t batches);

  /// The encoder for `losses.kept_tokens`, and the densest batches of rendered
  /// pages, in characters per vision token, for which that term is computed.
  /// Without a gradient of the model's encoder it is left out. `encoder` must
  /// outlive this; null leaves the term out, too.
  void set_initial_encoder(
      encoder::DeepEncoderImpl* encoder,
      double characters_per_token);

 private:
  /// The pages as the decoder gets them.
  struct DecoderPages {
    /// One (positions, D) per row with pages; those of several pages follow
    /// each other.
    std::vector<torch::Tensor> sequences;

    /// Squares along a side (see `page::TokenLayout`), and (B, L, 2), the point
    /// of each answer id in px, negative if it is in no square; undefined if
    /// the points are unknown.
    int64_t side = 0;
    torch::Tensor points;

    /// Of rows with several pages: the first position of each page in
    /// `sequences`, and its squares along a side.
    std::vector<int64_t> begins = {};
    std::vector<int64_t> sides = {};
  };

  /// Whether the vision tokens of a batch must stay as they were.
  bool must_keep_tokens(const BatchTensors& batch) const;

  /// Sets the patches and vision tokens of a forward pass.
  void run_encoder(ForwardPass& pass, const LossConfig& config);

  DecoderPages pages_of(
      const torch::Tensor& vision_tokens,
      const BatchTensors& batch) const;
  /// Puts the earlier pages of each row before `pages`.
  void add_earlier_pages(DecoderPages& pages, const BatchTensors& batch) const;
  DecoderPages texts_of(const BatchTensors& batch);

  /// Sets what a forward pass has of the decoder.
  void
  run_decoder(ForwardPass& pass, const DecoderPages& pages, double progress);

  std::vector<model::Prompt> prompts_of(
      const BatchTensors& batch,
      const DecoderPages& pages) const;

  model::LoadedModel& loaded_;
  TrainingHeads heads_;
  text_compression::TextCompressor text_compressor_;
  /// At most `max_cached_`, by the index of the batch.
  std::map<int64_t, torch::Tensor> cached_tokens_;
  int64_t max_cached_ = 0;
  encoder::DeepEncoderImpl* initial_encoder_ = nullptr;
  double densest_kept_ = 0;
};

} // namespace microfiche::training
