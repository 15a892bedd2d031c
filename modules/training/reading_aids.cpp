#include "training/reading_aids.h"

#include <torch/torch.h>

// B = pages, L = predicted positions, n = vision tokens along a side.

namespace microfiche::training {
namespace {

constexpr int64_t kIgnored = -100;

torch::Tensor axis(const torch::Tensor& points, int64_t i) {
  return points.select(/*dim=*/2, i).clamp_min(0).to(torch::kInt64);
}

torch::Tensor has_place(const ReadingPlaces& places) {
  return places.points.select(2, 0).ge(0); // (B, L)
}

// The decoder's position of the vision token under each character, (B, L). A
// row of tokens ends with a newline.
torch::Tensor token_positions(const ReadingPlaces& places, int64_t token_px) {
  const auto column = axis(places.points, 0).div(token_px, "floor");
  const auto row = axis(places.points, 1).div(token_px, "floor");
  return places.image_begin + row * (places.side + 1) + column;
}

torch::Tensor label_loss(
    const torch::Tensor& logits,
    const torch::Tensor& targets) {
  return torch::nn::functional::cross_entropy(
      logits.to(torch::kFloat32).flatten(0, 1),
      targets.flatten(),
      torch::nn::functional::CrossEntropyFuncOptions().ignore_index(kIgnored));
}

} // namespace

ReadingAidsImpl::ReadingAidsImpl(ReadingAidsOptions options_)
    : options(std::move(options_)) {
  reset();
}

void ReadingAidsImpl::reset() {
  TORCH_CHECK_VALUE(
      options.places() >= 1 &&
          options.pixels_per_token() % options.places() == 0,
      "ReadingAids: places must divide pixels_per_token (",
      options.pixels_per_token(),
      "), got ",
      options.places());
  token = register_module(
      "token", torch::nn::Linear(options.width(), options.max_vision_tokens()));
  place = register_module(
      "place",
      torch::nn::Linear(options.width(), options.places() * options.places()));
}

std::vector<decoder::LayerProbe> ReadingAidsImpl::make_probes(
    const AidConfig& config,
    const ReadingPlaces& places,
    int64_t num_layers,
    int64_t length,
    double bias,
    torch::Dtype dtype) const {
  std::vector<decoder::LayerProbe> probes(num_layers);
  TORCH_CHECK_VALUE(
      config.layer + 1 < num_layers,
      "ReadingAids: aids.layer ",
      config.layer,
      " has no layer above it in a decoder of ",
      num_layers,
      " layers; give a lower one");
  auto& reading = probes[config.layer + 1];
  reading.keep_attention = config.attention > 0;
  if (bias > 0) {
    const auto places_of_answer =
        token_positions(places, options.pixels_per_token());
    const auto amount =
        has_place(places).to(dtype).mul_(bias).unsqueeze(2); // (B, L, 1)
    auto all =
        torch::zeros({places.points.size(0), length, length}, amount.options());
    all.narrow(1, places.answer_begin, places.points.size(1))
        .scatter_(2, places_of_answer.unsqueeze(2), amount);
    reading.attention_bias = all.unsqueeze(1); // (B, 1, length, length)
  }
  return probes;
}

torch::Tensor ReadingAidsImpl::loss(
    const AidConfig& config,
    const ReadingPlaces& places,
    const std::vector<decoder::LayerProbe>& probes) {
  const int64_t length = places.points.size(1);
  const auto known = has_place(places);
  const int64_t token_px = options.pixels_per_token();
  auto total = torch::zeros({}, places.points.options());
  if (config.location > 0) {
    const auto found =
        probes[config.layer].output.narrow(1, places.answer_begin, length);
    const auto x = axis(places.points, 0);
    const auto y = axis(places.points, 1);
    const auto which =
        y.div(token_px, "floor") * places.side + x.div(token_px, "floor");
    const int64_t place_px = token_px / options.places();
    const auto where =
        y.remainder(token_px).div(place_px, "floor") * options.places() +
        x.remainder(token_px).div(place_px, "floor");
    const auto ask = [&](torch::nn::Linear& head, const torch::Tensor& answer) {
      return label_loss(
          head->forward(found), answer.masked_fill(~known, kIgnored));
    };
    total = total + config.location * (ask(token, which) + ask(place, where));
  }
  if (config.attention > 0) {
    const auto position = token_positions(places, token_px);
    const auto attended = probes[config.layer + 1]
                              .attention.narrow(2, places.answer_begin, length)
                              .mean(1)
                              .gather(2, position.unsqueeze(2))
                              .squeeze(2)
                              .to(torch::kFloat32); // (B, L)
    const auto surprise = -(attended + 1e-6).log() * known.to(torch::kFloat32);
    total = total + config.attention * surprise.sum() / known.sum();
  }
  return total;
}

void ReadingAidsImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::training::ReadingAids(" << options.width()
         << ", max_vision_tokens=" << options.max_vision_tokens()
         << ", places=" << options.places() << ")";
}

} // namespace microfiche::training
