#pragma once

#include "training/training_config.h"
#include "training/training_heads.h"

#include "data/page_dataset.h"
#include "model/loaded_model.h"
#include "model/prompt.h"
#include "text_compression/text_compressor.h"

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::training {

/// A batch on the model's device.
struct BatchTensors {
  /// Index of the batch and name of its mode.
  int64_t index = 0;
  std::string mode;
  /// (P, 3, S, S), normalised as the encoder takes it; P may be 0.
  torch::Tensor pixels;

  /// The row of each page, and of each row its prompt (one for all of them, or
  /// none, which is the model's own) and its answer. These stay on the CPU.
  std::vector<int64_t> page_rows;
  std::vector<std::string> prompts;
  std::vector<std::vector<int64_t>> answers;

  /// (B, L, 2), where each answer id stands in px, negative for padding;
  /// undefined where nobody knows.
  torch::Tensor answer_points;
  /// (P, points, 2) and (P, points); undefined without points.
  torch::Tensor points;
  torch::Tensor point_labels;
};

/// Copies a batch to where the model is. On a GPU the copies go through pinned
/// memory and nothing waits for them.
BatchTensors to_device(
    const data::PageBatch& batch,
    const torch::TensorOptions& like);

/// The losses of a batch, float32 scalars; those that a config leaves out are
/// zero. Accuracies are fractions, without gradient.
struct Losses {
  torch::Tensor total;
  torch::Tensor reading;
  torch::Tensor glyph;
  torch::Tensor patch_glyph;
  torch::Tensor balance;
  torch::Tensor aids;
  torch::Tensor reading_accuracy;
  torch::Tensor glyph_accuracy;
};

/// Computes losses of a model; keeps what every batch of a mode shares.
class LossFunction {
 public:
  /// `loaded` must outlive this. The heads may be empty when no config asks for
  /// them. With a text compressor no page is encoded, and the decoder gets the
  /// answers' text in its place.
  LossFunction(
      model::LoadedModel& loaded,
      TrainingHeads heads,
      text_compression::TextCompressor text_compressor = nullptr);

  /// Runs the model over a batch. Without a weight for reading the decoder does
  /// not run, without pages the encoder does not. Losses on points, and aids,
  /// are left out of a batch that has none. `way` is the fraction of the stage
  /// that is behind, by which the aids fade.
  Losses operator()(
      const BatchTensors& batch,
      const LossConfig& config,
      const AidConfig& aids = {},
      double way = 0);

 private:
  struct ReadingLoss {
    torch::Tensor loss;
    torch::Tensor accuracy;
    torch::Tensor aids;
  };
  /// What the decoder gets of each page.
  struct DecoderPages {
    /// One (positions, D) a page.
    std::vector<torch::Tensor> sequences;

    /// Vision tokens along a side, and (B, L, 2) where in them each answer id
    /// is found, negative where it is not; undefined where nobody knows.
    int64_t side = 0;
    torch::Tensor points;
  };

  DecoderPages pages_of(
      const torch::Tensor& vision_tokens,
      const BatchTensors& batch) const;
  DecoderPages texts_of(const BatchTensors& batch);

  ReadingLoss reading(
      const DecoderPages& pages,
      const BatchTensors& batch,
      const AidConfig& aids,
      double way);

  std::vector<model::Prompt> prompts_of(
      const BatchTensors& batch,
      const DecoderPages& pages) const;

  model::LoadedModel& loaded_;
  TrainingHeads heads_;
  text_compression::TextCompressor text_compressor_;
};

} // namespace microfiche::training
