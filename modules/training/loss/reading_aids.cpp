#include "training/loss/reading_aids.h"

#include "core/error.h"
#include "training/config_checks.h"

#include <torch/torch.h>

#include <algorithm>

// B = pages, L = predicted positions.

namespace microfiche::training {
namespace {

constexpr int64_t kIgnored = -100;

torch::Tensor axis(const torch::Tensor& points, int64_t i) {
  return points.select(/*dim=*/2, i).clamp_min(0).to(torch::kInt64);
}

torch::Tensor has_point(const AnswerLayout& layout) {
  return layout.points.select(2, 0).ge(0); // (B, L)
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

double AidConfig::bias_at(double progress) const {
  return attention_bias * std::max(0.0, 1 - progress / bias_until);
}

void validate(const AidConfig& config, const std::string& where) {
  check(
      config.location >= 0 && config.attention >= 0 &&
          config.attention_bias >= 0,
      where,
      ": weights and bias must not be negative");
  check_at_least(config.layer, 0, "layer", where);
  check(
      config.until > 0 && config.until <= 1,
      where,
      ".until: must be above 0 and at most 1, got ",
      config.until);
  check(
      config.bias_until > 0 && config.bias_until <= config.until,
      where,
      ".bias_until: must be above 0 and at most until (",
      config.until,
      "), got ",
      config.bias_until);
}

ReadingAidsImpl::ReadingAidsImpl(ReadingAidsOptions options_)
    : options(std::move(options_)) {
  reset();
}

void ReadingAidsImpl::reset() {
  TORCH_CHECK_VALUE(
      options.cells() >= 1 && options.pixels_per_token() % options.cells() == 0,
      "ReadingAids: cells must divide pixels_per_token (",
      options.pixels_per_token(),
      "), got ",
      options.cells());
  token = register_module(
      "token", torch::nn::Linear(options.width(), options.max_vision_tokens()));
  // Checkpoints call it "place".
  cell = register_module(
      "place",
      torch::nn::Linear(
          options.width(),
          options.layout().squares_per_token * options.cells() *
              options.cells()));
}

torch::Tensor ReadingAidsImpl::square_of(const AnswerLayout& layout) const {
  const auto column =
      axis(layout.points, 0).div(options.pixels_per_token(), "floor");
  const auto row =
      axis(layout.points, 1).div(options.pixels_per_token(), "floor");
  return layout.sides.defined() ? row * layout.sides + column
                                : row * layout.side + column;
}

torch::Tensor ReadingAidsImpl::token_of(const AnswerLayout& layout) const {
  return square_of(layout).div(options.layout().squares_per_token, "floor");
}

torch::Tensor ReadingAidsImpl::position_of(const AnswerLayout& layout) const {
  auto position = token_of(layout);
  if (options.layout().has_rows) {
    // A newline ends each row above.
    position = position +
        axis(layout.points, 1).div(options.pixels_per_token(), "floor");
  }
  return layout.image_begins.defined() ? layout.image_begins + position
                                       : layout.image_begin + position;
}

torch::Tensor ReadingAidsImpl::cell_of(const AnswerLayout& layout) const {
  const int64_t square_px = options.pixels_per_token();
  const int64_t cell_px = square_px / options.cells();
  const auto cell_along = [&](int64_t i) {
    return axis(layout.points, i).remainder(square_px).div(cell_px, "floor");
  };
  const auto square =
      square_of(layout).remainder(options.layout().squares_per_token);
  return (square * options.cells() + cell_along(1)) * options.cells() +
      cell_along(0);
}

std::vector<decoder::LayerProbe> ReadingAidsImpl::make_probes(
    const AidConfig& config,
    const AnswerLayout& layout,
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
      " layers; use a lower layer");
  auto& reading = probes[config.layer + 1];
  reading.keep_attention = config.attention > 0;
  if (bias > 0) {
    const auto token_of_answer = position_of(layout);
    const auto amount =
        has_point(layout).to(dtype).mul_(bias).unsqueeze(2); // (B, L, 1)
    auto all =
        torch::zeros({layout.points.size(0), length, length}, amount.options());
    all.narrow(1, layout.answer_begin, layout.points.size(1))
        .scatter_(2, token_of_answer.unsqueeze(2), amount);
    reading.attention_bias = all.unsqueeze(1); // (B, 1, length, length)
  }
  return probes;
}

torch::Tensor ReadingAidsImpl::loss(
    const AidConfig& config,
    const AnswerLayout& layout,
    const std::vector<decoder::LayerProbe>& probes) {
  const int64_t length = layout.points.size(1);
  const auto known = has_point(layout);
  auto total = torch::zeros({}, layout.points.options());
  if (config.location > 0) {
    const auto output =
        probes[config.layer].output.narrow(1, layout.answer_begin, length);
    const auto label = [&](torch::nn::Linear& head,
                           const torch::Tensor& labels) {
      return label_loss(
          head->forward(output), labels.masked_fill(~known, kIgnored));
    };
    total = total +
        config.location *
            (label(token, token_of(layout)) + label(cell, cell_of(layout)));
  }
  if (config.attention > 0) {
    const auto position = position_of(layout);
    const auto attended = probes[config.layer + 1]
                              .attention.narrow(2, layout.answer_begin, length)
                              .mean(1)
                              .gather(2, position.unsqueeze(2))
                              .squeeze(2)
                              .to(torch::kFloat32); // (B, L)
    const auto negative_log =
        -(attended + 1e-6).log() * known.to(torch::kFloat32);
    // A batch may have only questions without an answer on the page.
    total = total +
        config.attention * negative_log.sum() / known.sum().clamp_min(1);
  }
  return total;
}

void ReadingAidsImpl::pretty_print(std::ostream& stream) const {
  stream << "microfiche::training::ReadingAids(" << options.width()
         << ", max_vision_tokens=" << options.max_vision_tokens()
         << ", cells=" << options.cells() << ")";
}

} // namespace microfiche::training
