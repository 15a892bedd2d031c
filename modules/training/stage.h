#pragma once

#include "training/loss/loss_terms.h"
#include "training/loss/reading_aids.h"
#include "training/optimizer/lr_schedule.h"
#include "training/optimizer/optimizer.h"

#include "data/conversation_dataset.h"
#include "data/page_dataset.h"
#include "data/question_dataset.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::training {

/// A source of batches: rendered pages to transcribe, questions about rendered
/// pages, or conversations from files. Exactly one of them is given.
struct SourceConfig {
  /// Weight of this source against the others: batches come from it in
  /// proportion. Above 0.
  double weight = 1;

  /// Rendered pages, which the model learns to transcribe.
  std::optional<data::PageMixConfig> pages;

  /// Conversations from files.
  std::optional<data::ConversationMixConfig> conversations;

  /// Questions about rendered pages.
  std::optional<data::QuestionMixConfig> questions = std::nullopt;

  /// How the pages are rendered; null for conversations.
  const data::PageMixConfig* rendered_pages() const;
};

void validate(const SourceConfig& config, const std::string& where);

/// Batches from one use of a batch to the next.
constexpr int64_t kBatchesBetweenUses = 64;

/// A stage of a training, with its own pages, losses and learning rates.
struct StageConfig {
  /// Name of the stage in messages and in metrics.jsonl. Required.
  std::string name;

  /// Optimizer steps of the stage, at least 1. Required.
  int64_t steps = 0;

  /// Batches per step; their gradients are averaged. A batch has one mode and
  /// about one density, so several batches mix them. Must be a multiple of the
  /// number of processes.
  int64_t batches_per_step = 1;

  /// How often each batch is used. The uses are 64 batches apart. A frozen
  /// encoder encodes a batch only once, if no glyph loss has a weight.
  int64_t uses_per_batch = 1;

  /// The training data, if it is only rendered pages to transcribe. Give this
  /// or `mixture`.
  std::optional<data::PageMixConfig> pages;

  /// The training data, if it has several sources. Each batch comes from one
  /// source, drawn by the weights. Give this or `pages`.
  std::vector<SourceConfig> mixture;

  /// The size of a batch.
  data::BatchConfig batch;

  /// The weights of the loss terms.
  LossConfig losses;

  /// `losses.kept_tokens` holds the vision tokens of batches up to this
  /// density, in characters per vision token, close to those before training.
  /// Must be above 0 if that loss has a weight, else 0. Pages from files and
  /// earlier pages of a row are never held.
  double kept_characters_per_token = 0;

  /// Losses and a bias that help the decoder learn where on the page to read;
  /// off by default.
  AidConfig aids;

  /// How the learning rates change during the stage.
  ScheduleConfig schedule;

  /// Learning rates: the first rule that matches a parameter's name counts, and
  /// parameters without a match are frozen. At least one rule. Names are those
  /// of the model ("encoder.sam.blocks.0.attention.qkv.weight"); those of
  /// modules that only training uses begin with "heads.".
  std::vector<RateRule> rates;

  /// The mixture, also if it is `pages` alone.
  std::vector<SourceConfig> sources() const;

  /// The first pages of the sources that are transcribed; nothing if there are
  /// none.
  std::optional<data::PageMixConfig> transcribed_pages() const;

  /// Batches whose vision tokens are cached for their next use, if the encoder
  /// is frozen.
  int64_t batches_to_cache() const {
    return uses_per_batch > 1 ? kBatchesBetweenUses : 0;
  }

  /// Whether a source renders pages, to transcribe or to answer questions.
  bool renders() const;
};

void validate(const StageConfig& config, const std::string& where);

/// Throws `InputError` unless the batches of a step can be divided evenly among
/// `processes`.
void check_divisible(const StageConfig& stage, int64_t processes);

template <typename Visitor>
void visit_fields(Visitor&& visit, SourceConfig& config) {
  visit("weight", config.weight);
  visit("pages", config.pages);
  visit("conversations", config.conversations);
  visit("questions", config.questions);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, StageConfig& config) {
  visit("name", config.name);
  visit("steps", config.steps);
  visit("batches_per_step", config.batches_per_step);
  visit("uses_per_batch", config.uses_per_batch);
  visit("pages", config.pages);
  visit("mixture", config.mixture);
  visit("batch", config.batch);
  visit("losses", config.losses);
  visit("kept_characters_per_token", config.kept_characters_per_token);
  visit("aids", config.aids);
  visit("schedule", config.schedule);
  visit("rates", config.rates);
}

} // namespace microfiche::training
