#include "data/page_dataset.h"

#include "core/utf8.h"

#include <algorithm>
#include <cmath>

namespace microfiche::data {

std::string sample_text(const Corpus& corpus) {
  const std::string& longest = std::max_element(
                                   corpus.documents().begin(),
                                   corpus.documents().end(),
                                   [](const Document& a, const Document& b) {
                                     return a.text.size() < b.text.size();
                                   })
                                   ->text;
  auto sample = longest.substr(0, 2000);
  sample.resize(sample.size() - incomplete_utf8_suffix(sample));
  return sample;
}

std::string draw_text(
    const Corpus& corpus,
    TextKind kind,
    int64_t characters,
    const RandomLettersConfig& letters,
    RandomStream& random) {
  switch (kind) {
    case TextKind::kCorpus:
      break;
    case TextKind::kRandomLetters:
      return random_letters(random, characters, letters);
    case TextKind::kShuffledWords:
      return shuffled_words(random, corpus.passage(random, characters));
  }
  return corpus.passage(random, characters);
}

PageDataset::PageDataset(
    std::shared_ptr<const Corpus> corpus,
    PageMixConfig mix,
    BatchConfig batch,
    DatasetModel model,
    uint64_t seed)
    : corpus_(std::move(corpus)),
      mix_(std::move(mix)),
      batch_(batch),
      drawer_(mix_, batch, model, sample_text(*corpus_)),
      model_(std::move(model)),
      seed_(seed) {}

PageSample PageDataset::page(const PageRequest& request, RandomStream& random)
    const {
  const auto tokens = static_cast<double>(drawer_.vision_tokens(request.mode));
  const int64_t characters =
      std::max<int64_t>(1, std::llround(request.characters_per_token * tokens));
  const auto text =
      draw_text(*corpus_, request.text, characters, mix_.letters, random);
  return drawer_.draw(request.mode, text, characters, request.fill, random);
}

PageBatch PageDataset::batch(int64_t index) const {
  RandomStream random(seed_, "batch", index);
  PageBatch batch;
  batch.index = index;
  batch.mode = draw_name(random, mix_.modes);
  batch.side_px = drawer_.side_px(batch.mode);
  batch.vision_tokens = drawer_.vision_tokens(batch.mode);

  const Range range = mix_.characters_per_token;
  const double lowest = draw_log(
      random,
      {range.first,
       std::max(range.first, range.second / batch_.density_spread)});
  const Range densities = {
      lowest, std::min(range.second, lowest * batch_.density_spread)};
  const double characters_per_page =
      lowest * static_cast<double>(batch.vision_tokens);
  batch.pages = std::max<int64_t>(
      1,
      std::min(
          static_cast<int64_t>(
              static_cast<double>(batch_.characters) / characters_per_page),
          batch_.vision_tokens / batch.vision_tokens));

  const int64_t pixels_per_page = batch.side_px * batch.side_px;
  batch.pixels.reserve(batch.pages * pixels_per_page);
  std::vector<std::vector<int64_t>> answers;
  std::vector<std::vector<std::pair<float, float>>> places;
  for (int64_t i = 0; i < batch.pages; ++i) {
    PageRequest request;
    request.mode = batch.mode;
    request.fill = mix_.fill;
    request.text = text_kind(draw_name(random, mix_.texts));
    request.characters_per_token = draw_log(random, densities);
    PageSample sample = page(request, random);

    batch.pixels.insert(
        batch.pixels.end(), sample.pixels.begin(), sample.pixels.end());
    for (const auto& point : sample.points) {
      batch.points.push_back(point.x_px);
      batch.points.push_back(point.y_px);
      batch.point_labels.push_back(point.label);
    }
    answers.push_back(
        model_.tokenizer.encode(sample.text, /*added_tokens=*/false));
    places.emplace_back();
    size_t byte = 0;
    for (const int64_t id : answers.back()) {
      places.back().push_back(sample.places[byte]);
      byte += model_.tokenizer.token_bytes(id).size();
    }
    places.back().push_back(sample.places.back());
    answers.back().push_back(model_.end_id);
    batch.longest =
        std::max(batch.longest, static_cast<int64_t>(answers.back().size()));
    batch.characters += count_code_points(sample.text);
    const double share = 1.0 / static_cast<double>(batch.pages);
    batch.characters_per_token += share * sample.characters_per_token;
    batch.font_size_px += share * sample.font_size_px;
    batch.texts.push_back(std::move(sample.text));
  }
  batch.answers.assign(batch.pages * batch.longest, PageBatch::kPadding);
  batch.answer_points.assign(batch.pages * batch.longest * 2, -1.0F);
  for (int64_t i = 0; i < batch.pages; ++i) {
    std::copy(
        answers[i].begin(),
        answers[i].end(),
        batch.answers.begin() + i * batch.longest);
    for (size_t j = 0; j < places[i].size(); ++j) {
      float* point = &batch.answer_points[2 * (i * batch.longest + j)];
      point[0] = places[i][j].first;
      point[1] = places[i][j].second;
    }
  }
  return batch;
}

} // namespace microfiche::data
