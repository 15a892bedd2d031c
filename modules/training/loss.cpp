#include "training/loss.h"

#include "model/prompt.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

// B = pages, S = side of a page in pixels, L = longest answer, Q = length of
// the prompt with its page, D = width of the decoder, P = points a page.

namespace microfiche::training {
namespace {

/// Share of the positions that count where the best logit is the right one.
torch::Tensor accuracy(
    const torch::Tensor& logits,
    const torch::Tensor& targets) {
  const torch::NoGradGuard no_grad;
  const auto counts = targets.ne(data::PageBatch::kPadding);
  const auto right = logits.argmax(-1).eq(targets).logical_and_(counts);
  return right.sum().to(torch::kFloat32) / counts.sum();
}

torch::Tensor cross_entropy(
    const torch::Tensor& logits,
    const torch::Tensor& targets) {
  return torch::nn::functional::cross_entropy(
      logits.flatten(0, 1),
      targets.flatten(),
      torch::nn::functional::CrossEntropyFuncOptions().ignore_index(
          data::PageBatch::kPadding));
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
  tensors.pixels =
      copy(batch.pixels.data(), {batch.pages, 1, side, side}, torch::kUInt8)
          .to(torch::kFloat32)
          .div_(127.5)
          .sub_(1)
          .to(like.dtype())
          .expand({-1, 3, -1, -1});
  tensors.answers =
      copy(batch.answers.data(), {batch.pages, batch.longest}, torch::kInt64);
  tensors.answer_points = copy(
      batch.answer_points.data(),
      {batch.pages, batch.longest, 2},
      torch::kFloat32);
  const int64_t points =
      static_cast<int64_t>(batch.point_labels.size()) / batch.pages;
  if (points > 0) {
    tensors.points =
        copy(batch.points.data(), {batch.pages, points, 2}, torch::kFloat32);
    tensors.point_labels =
        copy(batch.point_labels.data(), {batch.pages, points}, torch::kInt64);
  }
  return tensors;
}

LossFunction::LossFunction(model::LoadedModel& loaded, TrainingHeads heads)
    : loaded_(loaded), heads_(std::move(heads)) {}

Losses LossFunction::operator()(
    const BatchTensors& batch,
    const LossConfig& config,
    const AidConfig& aids,
    double way) {
  const auto zero = torch::zeros(
      {}, torch::dtype(torch::kFloat32).device(batch.pixels.device()));
  Losses losses{zero, zero, zero, zero, zero, zero, zero, zero};
  auto& encoder = *loaded_.model->encoder;
  const auto patches = encoder.sam->forward(batch.pixels);
  const auto tokens = encoder.compress(patches).tokens;
  if (config.patch_glyph > 0) {
    const auto logits = heads_.patch_glyph->forward(
        patches.flatten(2).transpose(1, 2), batch.points);
    losses.patch_glyph = cross_entropy(logits, batch.point_labels);
    losses.total = losses.total + config.patch_glyph * losses.patch_glyph;
  }
  if (config.glyph > 0) {
    const auto logits = heads_.glyph->forward(tokens, batch.points);
    losses.glyph = cross_entropy(logits, batch.point_labels);
    losses.glyph_accuracy = accuracy(logits, batch.point_labels);
    losses.total = losses.total + config.glyph * losses.glyph;
  }
  if (config.reading > 0) {
    const auto answer = reading(tokens, batch, aids, way);
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

LossFunction::ReadingLoss LossFunction::reading(
    const torch::Tensor& vision_tokens,
    const BatchTensors& batch_tensors,
    const AidConfig& aids,
    double way) {
  auto& model = *loaded_.model;
  const auto& answers = batch_tensors.answers;
  const int64_t batch = answers.size(0);
  const auto page = model.assemble(
      vision_tokens, /*tile_tokens=*/{}, /*grid=*/{1, 1}); // (B, positions, D)
  const auto prompt = model::assemble_prompt(
      loaded_.tokenizer(),
      loaded_.config.toolkit.default_prompt,
      page.size(1),
      loaded_.config.language.bos_token_id);
  const auto embed_prompt = [&](int64_t begin, int64_t end) {
    const std::vector<int64_t> ids(
        prompt.ids.begin() + begin, prompt.ids.begin() + end);
    return model.decoder
        ->embed(torch::tensor(ids, torch::kInt64)
                    .to(answers.device(), /*non_blocking=*/true)
                    .unsqueeze(0))
        .expand({batch, -1, -1});
  };
  const int64_t prompt_length = static_cast<int64_t>(prompt.ids.size());
  const int64_t image_end = prompt.image_begin + prompt.image_positions;
  // The last id of an answer is only predicted; padding is any id.
  const auto given = answers.narrow(1, 0, answers.size(1) - 1).clamp_min(0);
  const auto embeds = torch::cat(
      {embed_prompt(0, prompt.image_begin),
       page,
       embed_prompt(image_end, prompt_length),
       model.decoder->embed(given)},
      /*dim=*/1); // (B, Q + L - 1, D)
  ReadingPlaces places;
  std::vector<decoder::LayerProbe> probes;
  const bool aided = aids.any() && way < aids.until;
  if (aided) {
    places.answer_begin = prompt_length - 1;
    places.image_begin = prompt.image_begin;
    places.side =
        std::llround(std::sqrt(static_cast<double>(vision_tokens.size(1))));
    places.points = batch_tensors.answer_points;
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
  const auto logits = model.decoder->logits(
      hidden.narrow(1, prompt_length - 1, answers.size(1))); // (B, L, V)
  return {
      cross_entropy(logits, answers),
      accuracy(logits, answers),
      aided ? heads_.reading->loss(aids, places, probes)
            : torch::zeros({}, logits.options())};
}

} // namespace microfiche::training
