#include "training/loss.h"

#include "encoder/normalize_pixels.h"
#include "text_compression/text_sequences.h"
#include "training/sequence.h"
#include "training/text_places.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <numeric>

// B = rows, P = pages, S = side of a page in pixels, L = longest answer, T =
// longest row, D = width of the decoder, N = ids of all answers, V =
// vocabulary.

namespace microfiche::training {
namespace {

/// Share of the places where the best logit is the right one.
torch::Tensor accuracy(
    const torch::Tensor& logits,
    const torch::Tensor& targets) {
  const torch::NoGradGuard no_grad;
  const auto counts = targets.ne(data::PageBatch::kPadding);
  const auto right = logits.argmax(-1).eq(targets).logical_and_(counts);
  return right.sum().to(torch::kFloat32) / counts.sum();
}

/// Over the last dimension of the logits, all others flattened.
torch::Tensor cross_entropy(
    const torch::Tensor& logits,
    const torch::Tensor& targets) {
  return torch::nn::functional::cross_entropy(
      logits.flatten(0, -2),
      targets.flatten(),
      torch::nn::functional::CrossEntropyFuncOptions().ignore_index(
          data::PageBatch::kPadding));
}

/// The answers without their padding.
std::vector<std::vector<int64_t>> split_answers(const data::PageBatch& batch) {
  std::vector<std::vector<int64_t>> answers;
  for (int64_t row = 0; row < batch.rows(); ++row) {
    const auto begin = batch.answers.begin() + row * batch.longest;
    const auto end =
        std::find(begin, begin + batch.longest, data::PageBatch::kPadding);
    answers.emplace_back(begin, end);
  }
  return answers;
}

} // namespace

BatchTensors to_device(
    const data::PageBatch& batch,
    const torch::TensorOptions& like) {
  const torch::Device device = like.device();
  const auto copy = [&](const void* data,
                        torch::IntArrayRef shape,
                        torch::Dtype dtype) {
    // from_blob does not write; the copy is the device's own.
    const auto host = torch::from_blob(const_cast<void*>(data), shape, dtype);
    return device.is_cuda()
        ? host.pin_memory().to(device, /*non_blocking=*/true)
        : host.clone();
  };
  BatchTensors tensors;
  tensors.index = batch.index;
  tensors.mode = batch.mode;
  const int64_t side = batch.side_px;
  const auto bytes = copy(
      batch.pixels.data(),
      {batch.pages, batch.channels, side, side},
      torch::kUInt8);
  tensors.pixels =
      encoder::normalize_pixels(bytes, like).expand({-1, 3, -1, -1});
  tensors.page_rows = batch.page_rows;
  if (batch.page_rows.empty() && batch.pages > 0) {
    tensors.page_rows.resize(batch.pages);
    std::iota(tensors.page_rows.begin(), tensors.page_rows.end(), int64_t{0});
  }
  tensors.prompts = batch.prompts;
  tensors.answers = split_answers(batch);
  if (!batch.answer_points.empty()) {
    tensors.answer_points = copy(
        batch.answer_points.data(),
        {batch.rows(), batch.longest, 2},
        torch::kFloat32);
  }
  const int64_t points = static_cast<int64_t>(batch.point_labels.size()) /
      std::max<int64_t>(batch.pages, 1);
  if (points > 0) {
    tensors.points =
        copy(batch.points.data(), {batch.pages, points, 2}, torch::kFloat32);
    tensors.point_labels =
        copy(batch.point_labels.data(), {batch.pages, points}, torch::kInt64);
  }
  return tensors;
}

LossFunction::LossFunction(
    model::LoadedModel& loaded,
    TrainingHeads heads,
    text_compression::TextCompressor text_compressor)
    : loaded_(loaded),
      heads_(std::move(heads)),
      text_compressor_(std::move(text_compressor)) {}

Losses LossFunction::operator()(
    const BatchTensors& batch,
    const LossConfig& config,
    const AidConfig& aids,
    double way) {
  const auto zero = torch::zeros(
      {}, torch::dtype(torch::kFloat32).device(batch.pixels.device()));
  Losses losses{zero, zero, zero, zero, zero, zero, zero, zero};
  auto& encoder = *loaded_.model->encoder;
  const bool has_points = batch.points.defined();
  torch::Tensor patches;
  torch::Tensor tokens;
  if (batch.pixels.size(0) > 0 && !text_compressor_) {
    patches = encoder.sam->forward(batch.pixels);
    tokens = encoder.compress(patches).tokens;
  }
  if (config.patch_glyph > 0 && has_points) {
    const auto logits = heads_.patch_glyph->forward(
        patches.flatten(2).transpose(1, 2), batch.points);
    losses.patch_glyph = cross_entropy(logits, batch.point_labels);
    losses.total = losses.total + config.patch_glyph * losses.patch_glyph;
  }
  if (config.glyph > 0 && has_points) {
    const auto logits = heads_.glyph->forward(tokens, batch.points);
    losses.glyph = cross_entropy(logits, batch.point_labels);
    losses.glyph_accuracy = accuracy(logits, batch.point_labels);
    losses.total = losses.total + config.glyph * losses.glyph;
  }
  if (config.reading > 0) {
    const auto pages =
        text_compressor_ ? texts_of(batch) : pages_of(tokens, batch);
    const auto answer = reading(pages, batch, aids, way);
    losses.reading = answer.loss;
    losses.reading_accuracy = answer.accuracy;
    losses.aids = answer.aids;
    losses.total = losses.total + config.reading * losses.reading + losses.aids;
  }
  if (config.balance > 0) {
    losses.balance = loaded_.model->decoder->balance_loss();
    losses.total = losses.total + config.balance * losses.balance;
  }
  return losses;
}

LossFunction::DecoderPages LossFunction::pages_of(
    const torch::Tensor& vision_tokens,
    const BatchTensors& batch) const {
  DecoderPages pages;
  if (!vision_tokens.defined()) {
    return pages;
  }
  pages.sequences =
      loaded_.model
          ->assemble(vision_tokens, /*tile_tokens=*/{}, /*grid=*/{1, 1})
          .unbind(0);
  pages.side =
      std::llround(std::sqrt(static_cast<double>(vision_tokens.size(1))));
  pages.points = batch.answer_points;
  return pages;
}

LossFunction::DecoderPages LossFunction::texts_of(const BatchTensors& batch) {
  const int64_t token_side_px = loaded_.config.token_side_px();
  DecoderPages pages;
  pages.side = loaded_.find_mode(batch.mode).base_size_px / token_side_px;
  auto texts = batch.answers;
  for (auto& text : texts) {
    text.pop_back(); // The end.
  }
  pages.sequences = text_compression::text_sequences(
      loaded_.model, text_compressor_, texts, pages.side * pages.side);
  const auto& config = text_compressor_->options.config();
  if (config.has_fixed_count()) {
    pages.points =
        points_of_texts(
            config, batch.answers, {pages.side, token_side_px, kPlacesInVector})
            .to(batch.pixels.device());
  }
  return pages;
}

LossFunction::ReadingLoss LossFunction::reading(
    const DecoderPages& pages,
    const BatchTensors& batch,
    const AidConfig& aids,
    double way) {
  auto& model = *loaded_.model;
  const bool has_pages =
      !pages.sequences.empty() && pages.sequences.front().size(0) > 0;
  const auto sequences = make_sequences(
      prompts_of(batch, pages),
      batch.answers,
      has_pages ? batch.page_rows : std::vector<int64_t>(),
      batch.pixels.device());
  auto embeds = model.decoder->embed(sequences.ids); // (B, T, D)
  if (has_pages) {
    embeds = embeds.flatten(0, 1)
                 .index_copy(
                     0,
                     sequences.page_places,
                     torch::cat(pages.sequences, /*dim=*/0))
                 .view(embeds.sizes());
  }

  ReadingPlaces places;
  std::vector<decoder::LayerProbe> probes;
  const bool aided = aids.any() && way < aids.until && pages.points.defined();
  if (aided) {
    places.answer_begin = sequences.answer_begin;
    places.image_begin = sequences.image_begin;
    places.side = pages.side;
    places.points = pages.points;
    probes = heads_.reading->make_probes(
        aids,
        places,
        static_cast<int64_t>(model.decoder->layers->size()),
        embeds.size(1),
        aids.attention_bias * std::max(0.0, 1 - way / aids.bias_until),
        embeds.scalar_type());
  }
  const auto hidden = model.decoder->forward(
      embeds, /*cache=*/nullptr, /*lengths=*/{}, aided ? &probes : nullptr);
  const auto logits = model.decoder->logits(hidden.flatten(0, 1).index_select(
      0, sequences.predicting_places)); // (N, V)
  return {
      cross_entropy(logits, sequences.targets),
      accuracy(logits, sequences.targets),
      aided ? heads_.reading->loss(aids, places, probes)
            : torch::zeros({}, logits.options())};
}

std::vector<model::Prompt> LossFunction::prompts_of(
    const BatchTensors& batch,
    const DecoderPages& pages) const {
  const auto assemble = [&](const std::string& text, int64_t positions) {
    return model::assemble_prompt(
        loaded_.tokenizer(),
        text,
        positions,
        loaded_.config.language.bos_token_id);
  };
  const auto positions_of = [&](size_t page) {
    return page < pages.sequences.size() ? pages.sequences[page].size(0) : 0;
  };
  std::vector<model::Prompt> prompts;
  for (const auto& text : batch.prompts) {
    // Pages from files are of one mode.
    prompts.push_back(assemble(text, positions_of(0)));
  }
  if (batch.prompts.empty()) {
    const auto& text = loaded_.config.toolkit.default_prompt;
    const bool alike = !text_compressor_ ||
        text_compressor_->options.config().has_fixed_count();
    for (size_t row = 0; row < (alike ? 1 : batch.answers.size()); ++row) {
      prompts.push_back(assemble(text, positions_of(row)));
    }
  }
  return prompts;
}

} // namespace microfiche::training
