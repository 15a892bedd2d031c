#pragma once

#include "training/lr_schedule.h"
#include "training/optimizer.h"

#include "core/config.h"
#include "data/conversation_dataset.h"
#include "data/page_dataset.h"
#include "model/adapter.h"
#include "text_compression/text_compressor_config.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::training {

/// What a stage adds up. A weight of 0 leaves the part out, with what only it
/// needs: without reading the decoder does not run.
struct LossConfig {
  /// Cross-entropy of the answers.
  double reading = 1;

  /// Cross-entropy of the glyph head; see `GlyphHead`.
  double glyph = 0;

  /// The same of a head on the perception tower's patches: a shorter way to
  /// what the compressor gets, while that tower learns the letters.
  double patch_glyph = 0;

  /// The decoder's balance loss; see `MixtureOfExperts::balance_loss`.
  double balance = 0;
};

/// Help for the decoder while it learns where to read; see `ReadingAids`. All
/// of it ends at `until`, so that the rest of the stage trains what ships.
struct AidConfig {
  /// Layer of the decoder, from 0, whose output has to say where the next
  /// character stands; the layer above reads there.
  int64_t layer = 0;

  /// Weight of saying in which vision token the next character stands, and
  /// where in it.
  double location = 0;

  /// Weight of attending to that vision token.
  double attention = 0;

  /// What is added to its logit at first; falls linearly to 0 at `bias_until`.
  double attention_bias = 0;

  /// Fractions of the stage's steps after which there is no bias, and no help
  /// of any kind.
  double bias_until = 0.5;
  double until = 0.5;

  bool any() const {
    return location > 0 || attention > 0 || attention_bias > 0;
  }
};

/// Where batches of a stage come from: pages that are rendered, or
/// conversations from files, one of the two.
struct SourceConfig {
  double weight = 1;
  std::optional<data::PageMixConfig> pages;
  std::optional<data::ConversationMixConfig> conversations;
};

/// A part of a training with its own pages, losses and rates.
struct StageConfig {
  std::string name;
  int64_t steps = 0;

  /// Batches whose gradients are averaged in a step. Each is of one mode and
  /// about one density, so several mix them.
  int64_t batches_per_step = 1;

  /// What is read: `pages` alone, or a mixture of sources by their weights, a
  /// batch from one of them.
  std::optional<data::PageMixConfig> pages;
  std::vector<SourceConfig> mixture;
  data::BatchConfig batch;
  LossConfig losses;
  AidConfig aids;
  ScheduleConfig schedule;

  /// The learning rate of each parameter, by the first rule that its name
  /// matches; those without one are frozen. Names are the model's
  /// ("encoder.sam.blocks.0.attention.qkv.weight") and, for what only training
  /// needs, those under "heads.".
  std::vector<RateRule> rates;

  /// The mixture, also where it is `pages` alone.
  std::vector<SourceConfig> sources() const;
};

/// The sizes of the two glyph heads; see `GlyphHead`.
///
/// Cells of 4 px learn fastest: a cell then holds at most one character, so
/// its readout is linear. Cells of 16 px take at least twice the steps
/// (experiments/LOG.md, 2026-11-28).
struct GlyphHeadConfig {
  /// Channels of a cell, in both heads.
  int64_t width = 64;

  /// Cells along the side of a vision token.
  int64_t cells = 16;

  /// Cells along the side of a patch.
  int64_t patch_cells = 4;
};

/// Reading held-out pages greedily.
struct EvaluationConfig {
  /// Steps between two evaluations; 0 for only one at the end.
  int64_t every_steps = 0;

  /// A table has a row for each mode, kind of text and characters per token.
  std::vector<std::string> modes;
  std::vector<std::string> texts = {"corpus", "random_letters"};
  std::vector<double> characters_per_token = {5, 10};

  /// Conversations that are read as well, for a row of their own; those
  /// without a page are passed over.
  std::optional<data::ConversationMixConfig> conversations;

  /// Pages a row, and how many are read at once.
  int64_t pages = 16;
  int64_t batch_pages = 16;

  /// Pages of each row that TensorBoard shows, with what was read.
  int64_t shown_pages = 1;
};

/// What a row of an evaluation is called: "nano-9/corpus/10".
std::string evaluation_row_name(
    const std::string& mode,
    const std::string& text,
    double characters_per_token);

/// What happens when a loss or a gradient is NaN or infinite.
enum class NotFinitePolicy {
  /// The run ends with an error; the newest checkpoint is from before.
  kStop,
  /// The weights stay as they are and the next pages come.
  kSkip,
  /// The run goes back to its newest checkpoint and on with the pages that come
  /// after.
  kRollBack,
};

NLOHMANN_JSON_SERIALIZE_ENUM(
    NotFinitePolicy,
    {{NotFinitePolicy::kStop, "stop"},
     {NotFinitePolicy::kSkip, "skip"},
     {NotFinitePolicy::kRollBack, "roll_back"}})

/// Steps whose loss or gradient is not finite never reach the weights, so no
/// checkpoint and no model holds them.
struct NotFiniteConfig {
  NotFinitePolicy then = NotFinitePolicy::kStop;

  /// So many are put up with in a whole run; one more ends it.
  int64_t at_most = 10;
};

/// What is kept of a run to go on from.
struct CheckpointConfig {
  /// Steps between two checkpoints; 0 for only one at the end.
  int64_t every_steps = 1000;

  /// How many are kept; older ones are removed.
  int64_t keep = 2;

  /// Keeps also the one that read held-out pages best, by the mean precision
  /// of the evaluation's rows whose names match (`evaluation_row_name`): "*"
  /// for all, "nano-9/corpus/*". The model that comes out is then that of the
  /// best evaluation. Empty for none: the model of the last step comes out.
  std::string best;

  /// Training goes on while a checkpoint is written, from a copy of the state
  /// in main memory.
  bool in_background = false;

  /// Largest file of a checkpoint, in bytes.
  int64_t shard_bytes = 15'000'000;
};

/// Parts of another model to begin with, such as an encoder for a new decoder.
struct PartsFromConfig {
  /// Model folder with weights.
  std::filesystem::path model;

  /// By the names that rates give them.
  std::vector<std::string> parts;
};

/// A whole training.
struct TrainingConfig {
  /// Model folder: config.json and tokenizer.json, and the weights to start
  /// from where `from_weights` says so.
  std::filesystem::path model;
  bool from_weights = false;

  /// Without that, what begins as it is in another model.
  std::optional<PartsFromConfig> parts_from;

  /// Gives the decoder the text of each page in this form in place of the page;
  /// see Note [Text in the place of a page]. It is trained with the model, as
  /// the part "text_compressor", and saved in its folder.
  std::optional<text_compression::TextCompressorConfig> text_compressor;

  /// Trains an adapter instead of the weights; rates call it "adapter".
  std::optional<model::AdapterConfig> adapter;

  /// Text that pages are rendered from: text files, JSON-lines files and
  /// folders; see `read_documents`. Empty where all pages come from files.
  std::vector<std::filesystem::path> corpus;

  /// The same for text that is only evaluated on. Where there is none,
  /// `held_out_fraction` of the corpus' documents are held out by their hash.
  std::vector<std::filesystem::path> held_out;
  double held_out_fraction = 0;

  std::vector<StageConfig> stages;
  OptimizerConfig optimizer;

  /// What a moving average of the weights keeps of itself in a step, e.g. .999;
  /// 0 for none. Evaluations read with the average, and the model that comes
  /// out is the average.
  double average_decay = 0;

  GlyphHeadConfig glyph_head;
  EvaluationConfig evaluation;
  CheckpointConfig checkpoints;
  NotFiniteConfig not_finite;

  /// "f32" or "bf16", in which the model computes; masters are float32.
  std::string precision = "f32";

  /// Layers run again for their gradients rather than keep what these need:
  /// about a third more time, and a fraction of the memory.
  bool recompute = false;

  /// Lets a GPU multiply float32 matrices in TF32.
  bool tf32 = true;

  /// Steps between two lines of metrics.jsonl.
  int64_t log_every = 10;

  /// Threads that make pages, and batches that they may be ahead.
  int64_t workers = 1;
  int64_t batches_ahead = 4;

  /// Stops cleanly, with a checkpoint, after so many minutes; 0 for never.
  double max_minutes = 0;

  /// Seeds the first weights and every page.
  uint64_t seed = 0;

  /// The first rendered pages of a stage's sources; nothing without any.
  std::optional<data::PageMixConfig> rendered_pages(int64_t stage) const;
};

void validate(const LossConfig& config, const std::string& where);
void validate(const AidConfig& config, const std::string& where);
void validate(const SourceConfig& config, const std::string& where);
void validate(const StageConfig& config, const std::string& where);
void validate(const EvaluationConfig& config, const std::string& where);
void validate(const CheckpointConfig& config, const std::string& where);
void validate(const NotFiniteConfig& config, const std::string& where);

/// Throws `InputError` for values that make no sense, alone or together.
void validate(const TrainingConfig& config, const std::string& where);

/// Throws `InputError` unless a run begun as `before` may go on as `now`,
/// having reached `stage`. What decides what was already computed must be the
/// same: model, text, seed, precision, optimizer and the stages up to this one.
/// Later stages, evaluation, checkpoints, workers, time limits and the number
/// of processes may change.
void check_resumable(
    const TrainingConfig& before,
    const TrainingConfig& now,
    int64_t stage,
    const std::string& where);

template <typename Visitor>
void visit_fields(Visitor&& visit, LossConfig& config) {
  visit("reading", config.reading);
  visit("glyph", config.glyph);
  visit("patch_glyph", config.patch_glyph);
  visit("balance", config.balance);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, AidConfig& config) {
  visit("layer", config.layer);
  visit("location", config.location);
  visit("attention", config.attention);
  visit("attention_bias", config.attention_bias);
  visit("bias_until", config.bias_until);
  visit("until", config.until);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, SourceConfig& config) {
  visit("weight", config.weight);
  visit("pages", config.pages);
  visit("conversations", config.conversations);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, StageConfig& config) {
  visit("name", config.name);
  visit("steps", config.steps);
  visit("batches_per_step", config.batches_per_step);
  visit("pages", config.pages);
  visit("mixture", config.mixture);
  visit("batch", config.batch);
  visit("losses", config.losses);
  visit("aids", config.aids);
  visit("schedule", config.schedule);
  visit("rates", config.rates);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, GlyphHeadConfig& config) {
  visit("width", config.width);
  visit("cells", config.cells);
  visit("patch_cells", config.patch_cells);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, EvaluationConfig& config) {
  visit("every_steps", config.every_steps);
  visit("modes", config.modes);
  visit("texts", config.texts);
  visit("characters_per_token", config.characters_per_token);
  visit("conversations", config.conversations);
  visit("pages", config.pages);
  visit("batch_pages", config.batch_pages);
  visit("shown_pages", config.shown_pages);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, CheckpointConfig& config) {
  visit("every_steps", config.every_steps);
  visit("keep", config.keep);
  visit("best", config.best);
  visit("in_background", config.in_background);
  visit("shard_bytes", config.shard_bytes);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, NotFiniteConfig& config) {
  visit("then", config.then);
  visit("at_most", config.at_most);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, PartsFromConfig& config) {
  visit("model", config.model);
  visit("parts", config.parts);
}

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
