#pragma once

#include "training/training_config.h"

#include "core/json.h"
#include "data/conversation_dataset.h"
#include "data/corpus.h"
#include "data/page_dataset.h"
#include "data/question_dataset.h"
#include "model/loaded_model.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace microfiche::training {

/// Makes the batches of a run.
class TrainingData {
 public:
  /// Reads the text from which pages are rendered. `loaded` must outlive this.
  /// Throws `InputError` as `read_documents` does.
  TrainingData(const TrainingConfig& config, const model::LoadedModel& loaded);

  /// Makes batch `index` of a stage, from one of the stage's sources, drawn by
  /// their weights. The function is thread-safe and always gives the same
  /// batch.
  std::function<data::PageBatch(int64_t index)> batches(int64_t stage) const;

  /// Held-out pages to evaluate on, like those of the last stage, in the modes
  /// of the evaluation.
  std::shared_ptr<const data::PageDataset> held_out_pages() const;

  /// Held-out conversations; null if the evaluation has none.
  std::shared_ptr<const data::ConversationDataset> held_out_conversations()
      const;

  /// Documents, characters, and characters that no font can draw, for
  /// provenance.
  Json provenance() const;

 private:
  data::DatasetModel dataset_model() const;
  std::shared_ptr<const data::PageDataset> make_pages(
      std::shared_ptr<const data::Corpus> text,
      const data::PageMixConfig& mix,
      const data::BatchConfig& batch,
      uint64_t seed) const;
  std::shared_ptr<const data::QuestionDataset> make_questions(
      const data::QuestionMixConfig& mix,
      const data::BatchConfig& batch,
      uint64_t seed) const;
  std::shared_ptr<const data::ConversationDataset> make_conversations(
      const data::ConversationMixConfig& mix,
      const data::BatchConfig& batch,
      uint64_t seed) const;
  uint64_t stage_seed(int64_t stage) const;

  TrainingConfig config_;
  const model::LoadedModel& loaded_;
  std::shared_ptr<const data::Corpus> training_text_;
  std::shared_ptr<const data::Corpus> held_out_text_;
};

} // namespace microfiche::training
