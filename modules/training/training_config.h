#pragma once

#include "training/checkpoint/checkpoint_folder.h"
#include "training/evaluation/evaluation.h"
#include "training/loss/training_heads.h"
#include "training/optimizer/model_parts.h"
#include "training/optimizer/non_finite_guard.h"
#include "training/optimizer/optimizer.h"
#include "training/stage.h"

#include "core/config.h"
#include "model/adapter.h"
#include "text_compression/text_compressor_config.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace microfiche::training {

/// The config of a training.
struct TrainingConfig {
  /// Model folder with config.json and tokenizer.json. Required.
  std::filesystem::path model;

  /// Whether training starts from the weights of `model`, or from random
  /// weights.
  bool from_weights = false;

  /// Parts to copy from another model into the random weights; not with
  /// `from_weights`.
  std::optional<PartsFromConfig> parts_from;

  /// If set, the decoder gets vectors made from each page's text in place of
  /// the vision tokens. The compressor is trained with the model, in `rates` as
  /// the part "text_compressor", and saved in its folder. See Note [Text in
  /// place of a page].
  std::optional<text_compression::TextCompressorConfig> text_compressor;

  /// If set, a LoRA adapter is trained instead of the weights, in `rates` as
  /// the part "adapter". Needs `from_weights`.
  std::optional<model::AdapterConfig> adapter;

  /// Text from which pages are rendered: .txt files, .jsonl files, and folders
  /// of them. Required if a stage renders pages, and refused otherwise.
  std::vector<std::filesystem::path> corpus;

  /// Text that is only evaluated on, given as in `corpus`. A training that
  /// renders pages needs this or `held_out_fraction`, not both.
  std::vector<std::filesystem::path> held_out;

  /// Fraction of the documents in `corpus` that is only evaluated on, from 0 to
  /// below 1. The hash of a document's text decides. Instead of `held_out`.
  double held_out_fraction = 0;

  /// The stages of the training, in order; at least one.
  std::vector<StageConfig> stages;

  /// The optimizer settings, the same in all stages.
  OptimizerConfig optimizer;

  /// Decay per step of a moving average of the weights, such as 0.999; 0 for no
  /// average. Evaluations use the average, and it is the final model.
  double average_decay = 0;

  /// The sizes of the auxiliary heads behind `losses.glyph` and
  /// `losses.patch_glyph`.
  GlyphHeadConfig glyph_head;

  /// What is evaluated on held-out pages, and how often.
  EvaluationConfig evaluation;

  /// Which checkpoints are written and kept.
  CheckpointConfig checkpoints;

  /// What happens when a loss or a gradient is NaN or infinite.
  NonFiniteConfig not_finite;

  /// Number type in which the model computes: "f32" or "bf16". The optimizer's
  /// master weights are float32 in both cases.
  std::string precision = "f32";

  /// Computes the activations of layers again for the backward pass instead of
  /// keeping them: about a third more time, and a fraction of the memory.
  bool recompute = false;

  /// Lets a GPU multiply float32 matrices in TF32, which is faster and less
  /// precise.
  bool tf32 = true;

  /// Steps between two lines of metrics.jsonl, at least 1.
  int64_t log_every = 10;

  /// Threads of each process that make batches, at least 1.
  int64_t workers = 1;

  /// Batches that each process prepares in advance, at least 1.
  int64_t batches_ahead = 4;

  /// Minutes after which the run stops with a checkpoint; 0 for no limit. They
  /// count from the start of the command. The same command resumes the run.
  double max_minutes = 0;

  /// Seeds the initial weights, all pages and dropout.
  uint64_t seed = 0;

  /// The fonts of all rendered pages, without duplicates.
  std::set<std::string> fonts() const;
};

/// Throws `InputError` for invalid values and combinations of values.
void validate(const TrainingConfig& config, const std::string& where);

/// Throws `InputError` unless a run with config `before`, now in stage `stage`,
/// can resume with config `now`. All that determines the steps so far must be
/// the same: model, text, seed, precision, TF32, optimizer and the stages up to
/// this one. Later stages, evaluation, checkpoints, workers, time limits, the
/// number of processes, and what a loss that is not finite does may change.
void check_resumable(
    const TrainingConfig& before,
    const TrainingConfig& now,
    int64_t stage,
    const std::string& where);

template <typename Visitor>
void visit_fields(Visitor&& visit, TrainingConfig& config) {
  visit("model", config.model);
  visit("from_weights", config.from_weights);
  visit("parts_from", config.parts_from);
  visit("text_compressor", config.text_compressor);
  visit("adapter", config.adapter);
  visit("corpus", config.corpus);
  visit("held_out", config.held_out);
  visit("held_out_fraction", config.held_out_fraction);
  visit("stages", config.stages);
  visit("optimizer", config.optimizer);
  visit("average_decay", config.average_decay);
  visit("glyph_head", config.glyph_head);
  visit("evaluation", config.evaluation);
  visit("checkpoints", config.checkpoints);
  visit("not_finite", config.not_finite);
  visit("precision", config.precision);
  visit("recompute", config.recompute);
  visit("tf32", config.tf32);
  visit("log_every", config.log_every);
  visit("workers", config.workers);
  visit("batches_ahead", config.batches_ahead);
  visit("max_minutes", config.max_minutes);
  visit("seed", config.seed);
}

} // namespace microfiche::training
