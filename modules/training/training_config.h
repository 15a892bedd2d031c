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
  /// Model folder with config.json and tokenizer.json. Training starts from its
  /// weights if `from_weights`, and from random weights otherwise.
  std::filesystem::path model;
  bool from_weights = false;

  /// Parts to copy from another model, without `from_weights`.
  std::optional<PartsFromConfig> parts_from;

  /// If set, the decoder gets the compressed text of each page instead of the
  /// page; see Note [Text in place of a page]. The compressor is trained with
  /// the model, as part "text_compressor", and saved in its folder.
  std::optional<text_compression::TextCompressorConfig> text_compressor;

  /// If set, an adapter is trained instead of the weights, as part "adapter".
  std::optional<model::AdapterConfig> adapter;

  /// Text from which pages are rendered: text files, JSON-lines files and
  /// folders; see `read_documents`. Empty if all pages come from files.
  std::vector<std::filesystem::path> corpus;

  /// Text that is only evaluated on. If empty, `held_out_fraction` of the
  /// corpus' documents, selected by their hash, are held out instead.
  std::vector<std::filesystem::path> held_out;
  double held_out_fraction = 0;

  std::vector<StageConfig> stages;
  OptimizerConfig optimizer;

  /// Decay per step of a moving average of the weights, e.g. .999; 0 for no
  /// average. Evaluations use the average, and it is the final model.
  double average_decay = 0;

  GlyphHeadConfig glyph_head;
  EvaluationConfig evaluation;
  CheckpointConfig checkpoints;
  NonFiniteConfig not_finite;

  /// "f32" or "bf16", in which the model computes; masters are float32.
  std::string precision = "f32";

  /// Computes the activations of layers again for the backward pass instead of
  /// keeping them: about a third more time, and a fraction of the memory.
  bool recompute = false;

  /// Lets a GPU multiply float32 matrices in TF32.
  bool tf32 = true;

  /// Steps between two lines of metrics.jsonl.
  int64_t log_every = 10;

  /// Threads that make pages, and batches that they prepare in advance.
  int64_t workers = 1;
  int64_t batches_ahead = 4;

  /// The run stops with a checkpoint after this time; 0 for no limit.
  double max_minutes = 0;

  /// Seeds the initial weights and all pages.
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
