#pragma once

#include "data/batch_config.h"
#include "data/conversation.h"
#include "data/dataset_model.h"
#include "data/length_buckets.h"
#include "data/page_batch.h"

#include "core/random.h"
#include "page/page_image.h"
#include "page/resolution_mode.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::data {

/// Which conversations are drawn, and the modes of their pages.
struct ConversationMixConfig {
  /// Files with their weights: .json or .jsonl files of ms-swift, LLaVA or
  /// Unsloth; see `read_conversations`.
  std::map<std::string, double> files;

  /// The folder of relative image paths; if empty, the folder of each file.
  std::filesystem::path images;

  /// Resolution modes of the pages by name with their weights; without tiles. A
  /// batch has one mode.
  std::map<std::string, double> modes;
};

/// Throws `InputError` for invalid weights.
void validate(const ConversationMixConfig& config, const std::string& where);

/// Draws conversations with and without pages, mixed in one batch. The
/// conversations of a batch have similar lengths, so that it needs little
/// padding.
///
/// As with `PageDataset`, batch i of a seed does not depend on who draws it.
class ConversationDataset {
 public:
  /// Reads the files; reads an image only when it is drawn. Throws
  /// `InputError` as `read_conversations` and `DatasetModel::untiled_modes` do.
  ConversationDataset(
      const ConversationMixConfig& mix,
      const BatchConfig& batch,
      DatasetModel model,
      uint64_t seed);

  // `rows_` has pointers into `conversations_`.
  ConversationDataset(const ConversationDataset&) = delete;
  ConversationDataset& operator=(const ConversationDataset&) = delete;

  /// Batch `index`; its number of rows follows from `BatchConfig` and the mean
  /// length in its bucket. Safe to call from several threads. Throws
  /// `InputError` for an image that cannot be read.
  PageBatch batch(int64_t index) const;

  /// A conversation drawn by the weights of the files.
  const Conversation& draw(RandomStream& random) const;

  /// All conversations by file.
  const std::map<std::string, std::vector<Conversation>>& conversations()
      const {
    return conversations_;
  }

 private:
  ConversationMixConfig mix_;
  BatchConfig batch_;
  std::map<std::string, page::ResolutionMode> modes_;
  DatasetModel model_;
  uint64_t seed_;
  std::map<std::string, std::vector<Conversation>> conversations_;
  std::vector<const Conversation*> rows_;
  std::optional<LengthBuckets> buckets_;
};

/// The page of a conversation that has one. Throws `InputError` naming the
/// conversation if its image cannot be read.
page::PageImage read_page(const Conversation& conversation);

template <typename Visitor>
void visit_fields(Visitor&& visit, ConversationMixConfig& config) {
  visit("files", config.files);
  visit("images", config.images);
  visit("modes", config.modes);
}

} // namespace microfiche::data
