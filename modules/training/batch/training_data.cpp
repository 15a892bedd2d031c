#include "training/batch/training_data.h"

#include "core/error.h"
#include "core/random.h"
#include "core/terminal.h"

#include <set>
#include <vector>

namespace microfiche::training {
namespace {

/// The batch whose turn it is at `index` if each is used `uses` times.
int64_t used_batch(int64_t index, int64_t uses) {
  const int64_t round = kBatchesBetweenUses * uses;
  return index / round * kBatchesBetweenUses +
      index % round % kBatchesBetweenUses;
}

} // namespace

TrainingData::TrainingData(
    const TrainingConfig& config,
    const model::LoadedModel& loaded)
    : config_(config), loaded_(loaded) {
  const double fraction = config_.held_out_fraction;
  const auto names = config_.fonts();
  const std::vector<std::string> fonts(names.begin(), names.end());
  if (!config_.corpus.empty()) {
    const auto documents = data::read_documents(config_.corpus);
    training_text_ = std::make_shared<data::Corpus>(
        data::select_split(documents, fraction, data::Split::kTraining), fonts);
    if (fraction > 0) {
      held_out_text_ = std::make_shared<data::Corpus>(
          data::select_split(documents, fraction, data::Split::kHeldOut),
          fonts,
          "held-out part of corpus");
    }
  }
  if (!config_.held_out.empty()) {
    held_out_text_ = std::make_shared<data::Corpus>(
        data::read_documents(config_.held_out), fonts, "held_out");
  }
}

std::function<data::PageBatch(int64_t)> TrainingData::batches(
    int64_t stage) const {
  using MakeBatch = std::function<data::PageBatch(int64_t)>;
  const auto& config = config_.stages[stage];
  const uint64_t seed = stage_seed(stage);
  std::vector<MakeBatch> makers;
  std::vector<double> ends;
  for (const auto& source : config.sources()) {
    if (source.pages) {
      makers.emplace_back(
          [pages =
               make_pages(training_text_, *source.pages, config.batch, seed)](
              int64_t index) { return pages->batch(index); });
    } else if (source.questions) {
      makers.emplace_back(
          [pages = make_questions(*source.questions, config.batch, seed)](
              int64_t index) { return pages->batch(index); });
    } else {
      makers.emplace_back([rows = make_conversations(
                               *source.conversations, config.batch, seed)](
                              int64_t index) { return rows->batch(index); });
    }
    ends.push_back((ends.empty() ? 0 : ends.back()) + source.weight);
  }
  return [makers, ends, seed, uses = config.uses_per_batch](int64_t position) {
    const int64_t index = used_batch(position, uses);
    RandomStream random(seed, "source", index);
    const double point = random.uniform(0, ends.back());
    size_t chosen = 0;
    while (chosen + 1 < ends.size() && point >= ends[chosen]) {
      ++chosen;
    }
    return makers[chosen](index);
  };
}

std::shared_ptr<const data::PageDataset> TrainingData::held_out_pages() const {
  const int64_t last = static_cast<int64_t>(config_.stages.size()) - 1;
  data::PageMixConfig mix = *config_.stages[last].transcribed_pages();
  for (const auto& mode : config_.evaluation.modes) {
    mix.modes.emplace(mode, 0);
  }
  return make_pages(held_out_text_, mix, {}, stage_seed(last));
}

std::shared_ptr<const data::ConversationDataset>
TrainingData::held_out_conversations() const {
  const auto& mix = config_.evaluation.conversations;
  return mix ? make_conversations(*mix, {}, config_.seed) : nullptr;
}

Json TrainingData::provenance() const {
  const auto count = [](const data::Corpus& corpus) {
    return Json{
        {"documents", corpus.documents().size()},
        {"characters", corpus.num_characters()},
        {"dropped_characters", corpus.num_dropped()}};
  };
  Json json = Json::object();
  if (training_text_ != nullptr) {
    json["training_text"] = count(*training_text_);
  }
  if (held_out_text_ != nullptr) {
    json["held_out_text"] = count(*held_out_text_);
  }
  return json;
}

data::DatasetModel TrainingData::dataset_model() const {
  return {
      loaded_.config.toolkit.modes,
      loaded_.tokenizer(),
      loaded_.config.language.eos_token_id,
      loaded_.config.pixels_per_token(),
      model::family_modes(loaded_.config)};
}

std::shared_ptr<const data::PageDataset> TrainingData::make_pages(
    std::shared_ptr<const data::Corpus> text,
    const data::PageMixConfig& mix,
    const data::BatchConfig& batch,
    uint64_t seed) const {
  return std::make_shared<const data::PageDataset>(
      std::move(text), mix, batch, dataset_model(), seed);
}

std::shared_ptr<const data::QuestionDataset> TrainingData::make_questions(
    const data::QuestionMixConfig& mix,
    const data::BatchConfig& batch,
    uint64_t seed) const {
  return std::make_shared<const data::QuestionDataset>(
      training_text_, mix, batch, dataset_model(), seed);
}

std::shared_ptr<const data::ConversationDataset>
TrainingData::make_conversations(
    const data::ConversationMixConfig& mix,
    const data::BatchConfig& batch,
    uint64_t seed) const {
  auto rows = std::make_shared<const data::ConversationDataset>(
      mix, batch, dataset_model(), seed);
  for (const auto& [file, conversations] : rows->conversations()) {
    std::set<std::string_view> layouts;
    for (const auto& conversation : conversations) {
      layouts.insert(conversation.layout);
    }
    std::string names;
    for (const auto layout : layouts) {
      names += concat(names.empty() ? "" : " and ", layout);
    }
    say(concat(
        file, ": ", conversations.size(), " rows in the format of ", names));
  }
  return rows;
}

uint64_t TrainingData::stage_seed(int64_t stage) const {
  return RandomStream(config_.seed, "stage", stage).bits();
}

} // namespace microfiche::training
