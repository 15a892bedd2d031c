#include "data/conversation_dataset.h"

#include "core/error.h"
#include "data/draw.h"
#include "page/image_file.h"
#include "page/page_views.h"

#include <algorithm>

namespace microfiche::data {
namespace {

/// Appends H x W x 3 pixels as 3 x H x W.
void append_planes(const page::PageImage& image, std::vector<uint8_t>& planes) {
  const size_t pixels = image.rgb.size() / 3;
  for (size_t channel = 0; channel < 3; ++channel) {
    for (size_t i = 0; i < pixels; ++i) {
      planes.push_back(image.rgb[3 * i + channel]);
    }
  }
}

} // namespace

void validate(const ConversationMixConfig& config, const std::string& where) {
  check_weights(config.files, "files", where);
  check_weights(config.modes, "modes", where);
}

ConversationDataset::ConversationDataset(
    const ConversationMixConfig& mix,
    const BatchConfig& batch,
    DatasetModel model,
    uint64_t seed)
    : mix_(mix), batch_(batch), model_(std::move(model)), seed_(seed) {
  std::vector<std::string> names;
  for (const auto& [name, weight] : mix_.modes) {
    names.push_back(name);
  }
  modes_ = model_.untiled_modes(names);
  std::vector<BucketItem> items;
  for (const auto& [file, weight] : mix_.files) {
    const auto& rows = conversations_[file] =
        read_conversations(file, mix_.images);
    for (const auto& row : rows) {
      const auto answer = static_cast<double>(row.answer.size());
      rows_.push_back(&row);
      items.push_back(
          {.weight = weight / static_cast<double>(rows.size()),
           .length =
               std::max(1.0, static_cast<double>(row.prompt.size()) + answer),
           .cost = std::max(1.0, answer)});
    }
  }
  buckets_.emplace(items, batch_.length_spread);
}

const Conversation& ConversationDataset::draw(RandomStream& random) const {
  const auto& rows = conversations_.at(draw_name(random, mix_.files));
  return rows[random.below(rows.size())];
}

PageBatch ConversationDataset::batch(int64_t index) const {
  RandomStream random(seed_, "conversations", index);
  PageBatch batch;
  batch.index = index;
  batch.task = "conversation";
  batch.mode = draw_name(random, mix_.modes);
  const auto& mode = modes_.at(batch.mode);
  batch.side_px = mode.base_size_px;
  batch.vision_tokens = model_.vision_tokens(mode);
  batch.channels = 3;
  const auto& bucket = buckets_->draw(random);
  const auto rows = std::max<int64_t>(
      1,
      std::min(
          static_cast<int64_t>(
              static_cast<double>(batch_.characters) / bucket.mean_cost()),
          batch_.vision_tokens / batch.vision_tokens));

  std::vector<std::vector<int64_t>> answers;
  for (int64_t row = 0; row < rows; ++row) {
    const auto& conversation = *rows_[bucket.draw(random)];
    batch.prompts.push_back(conversation.prompt);
    batch.texts.push_back(conversation.answer);
    batch.characters += static_cast<int64_t>(conversation.answer.size());
    answers.push_back(model_.tokenizer.encode(conversation.answer));
    answers.back().push_back(model_.end_id);
    batch.longest =
        std::max(batch.longest, static_cast<int64_t>(answers.back().size()));
    if (!conversation.image.empty()) {
      const auto views = page::make_views(read_page(conversation), mode);
      append_planes(views.global_view, batch.pixels);
      batch.page_rows.push_back(row);
      ++batch.pages;
    }
  }
  batch.answers.assign(rows * batch.longest, PageBatch::kPadding);
  for (int64_t row = 0; row < rows; ++row) {
    std::copy(
        answers[row].begin(),
        answers[row].end(),
        batch.answers.begin() + row * batch.longest);
  }
  return batch;
}

page::PageImage read_page(const Conversation& conversation) {
  try {
    return page::read_image(conversation.image);
  } catch (const InputError& error) {
    throw InputError(concat(conversation.where, ": ", error.what()));
  }
}

} // namespace microfiche::data
