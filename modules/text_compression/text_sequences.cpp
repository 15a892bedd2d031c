#include "text_compression/text_sequences.h"

#include "page/vision_token_order.h"

#include <torch/torch.h>

#include <algorithm>

// B = texts, T = ids of the longest, D = width of the decoder.

namespace microfiche::text_compression {
namespace {

std::vector<int64_t> lengths_of(
    const std::vector<std::vector<int64_t>>& texts) {
  std::vector<int64_t> lengths;
  for (const auto& text : texts) {
    TORCH_CHECK(
        !text.empty(),
        "text compression: expected a text, got one without ids");
    lengths.push_back(static_cast<int64_t>(text.size()));
  }
  return lengths;
}

/// (B, T) int64; the id of padding does not matter.
torch::Tensor pad(
    const std::vector<std::vector<int64_t>>& texts,
    int64_t longest,
    torch::Device device) {
  std::vector<int64_t> ids(texts.size() * longest, 0);
  for (size_t i = 0; i < texts.size(); ++i) {
    std::copy(
        texts[i].begin(),
        texts[i].end(),
        ids.begin() + static_cast<int64_t>(i) * longest);
  }
  return torch::tensor(ids, torch::kInt64)
      .view({static_cast<int64_t>(texts.size()), longest})
      .to(device);
}

} // namespace

std::vector<torch::Tensor> text_sequences(
    model::OpticalModel& model,
    TextCompressor& compressor,
    const std::vector<std::vector<int64_t>>& texts,
    int64_t vision_tokens) {
  const auto& config = compressor->options.config();
  const auto like = model->tensor_options();
  if (config.method == Method::kNoText) {
    return std::vector<torch::Tensor>(
        texts.size(), torch::zeros({0, compressor->options.width()}, like));
  }
  const auto lengths = lengths_of(texts);
  const int64_t longest = *std::max_element(lengths.begin(), lengths.end());
  const auto embeds =
      model->decoder->embed(pad(texts, longest, like.device())); // (B, T, D)
  if (config.method == Method::kWholeText) {
    std::vector<torch::Tensor> sequences;
    for (size_t i = 0; i < texts.size(); ++i) {
      sequences.push_back(
          embeds[static_cast<int64_t>(i)].narrow(0, 0, lengths[i]));
    }
    return sequences;
  }
  return model
      ->assemble(
          compressor->forward(embeds, lengths, vision_tokens),
          /*tile_tokens=*/{},
          /*grid=*/{1, 1})
      .unbind(0);
}

std::vector<model::VisionTokens> encode_texts(
    model::LoadedModel& loaded,
    TextCompressor& compressor,
    std::span<const std::string> texts,
    const page::ResolutionMode& mode) {
  const torch::InferenceMode inference;
  std::vector<std::vector<int64_t>> ids;
  for (const auto& text : texts) {
    ids.push_back(loaded.tokenizer().encode(text, /*added_tokens=*/false));
  }
  const auto counts = page::count_vision_tokens(
      mode,
      mode.base_size_px,
      mode.base_size_px,
      loaded.config.pixels_per_token());
  std::vector<model::VisionTokens> pages;
  for (const auto& sequence :
       text_sequences(loaded.model, compressor, ids, counts.nominal)) {
    model::VisionTokens page;
    page.sequence = sequence;
    page.counts = counts;
    page.counts.positions = sequence.size(0);
    page.mode = mode.name;
    page.grid = {1, 1};
    page.page_width_px = mode.base_size_px;
    page.page_height_px = mode.base_size_px;
    pages.push_back(std::move(page));
  }
  return pages;
}

} // namespace microfiche::text_compression
