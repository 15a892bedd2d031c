#include "training/loss/loss_terms.h"

#include "core/error.h"

#include <torch/torch.h>

#include <algorithm>

namespace microfiche::training {
namespace {

/// Fraction of the targets that have the highest logit.
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

/// Cross-entropy of the glyph head on the perception tower's patches, which
/// predicts characters at points of the page. It is a shorter path for
/// gradients while that tower learns the letters.
TermValue patch_glyph(ForwardPass& pass) {
  if (!pass.batch.points.defined()) {
    return {};
  }
  const auto logits = pass.heads.patch_glyph->forward(
      pass.patches.flatten(2).transpose(1, 2), pass.batch.points);
  return {cross_entropy(logits, pass.batch.point_labels), {}};
}

/// Cross-entropy of the glyph head on vision tokens, which predicts characters
/// at points of the page.
TermValue glyph(ForwardPass& pass) {
  if (!pass.batch.points.defined()) {
    return {};
  }
  const auto logits =
      pass.heads.glyph->forward(pass.vision_tokens, pass.batch.points);
  return {
      cross_entropy(logits, pass.batch.point_labels),
      accuracy(logits, pass.batch.point_labels)};
}

/// Mean squared difference of the vision tokens from those of the encoder
/// before training, over their mean square. A decoder can still read pages
/// whose tokens stay close. Needs `from_weights`.
TermValue kept_tokens(ForwardPass& pass) {
  if (!pass.initial_tokens.defined()) {
    return {};
  }
  const auto initial = pass.initial_tokens.to(torch::kFloat32);
  const auto change = pass.vision_tokens.to(torch::kFloat32) - initial;
  return {change.square().mean() / initial.square().mean(), {}};
}

/// Cross-entropy of the answers.
TermValue reading(ForwardPass& pass) {
  return {
      cross_entropy(pass.logits, pass.targets),
      accuracy(pass.logits, pass.targets)};
}

/// See `ReadingAids`; `AidConfig` has the weights.
TermValue aids(ForwardPass& pass) {
  if (pass.probes.empty()) {
    return {};
  }
  return {pass.heads.reading->loss(pass.aids, pass.layout, pass.probes), {}};
}

/// Imbalance of the experts' load, summed over the decoder's layers; see
/// `MixtureOfExperts::balance_loss`. DeepSeek-V2 weights it by 0.001.
TermValue balance(ForwardPass& pass) {
  return {pass.decoder.balance_loss(), {}};
}

} // namespace

const std::vector<LossTerm>& loss_terms() {
  static const std::vector<LossTerm> terms = {
      {"patch_glyph", 0, TermInput::kGlyphPoints, false, patch_glyph},
      {"glyph", 0, TermInput::kGlyphPoints, true, glyph},
      {"kept_tokens", 0, TermInput::kInitialEncoder, false, kept_tokens},
      {"reading", 1, TermInput::kDecoder, true, reading},
      {"aids", std::nullopt, TermInput::kDecoder, false, aids},
      {"balance", 0, TermInput::kDecoder, false, balance},
  };
  return terms;
}

LossConfig::LossConfig() {
  for (const auto& term : loss_terms()) {
    if (term.default_weight) {
      weights[term.name] = *term.default_weight;
    }
  }
}

LossConfig::LossConfig(
    std::initializer_list<std::pair<const std::string, double>> replaced)
    : LossConfig() {
  for (const auto& [name, weight] : replaced) {
    (*this)[name] = weight;
  }
}

bool LossConfig::needs(TermInput input) const {
  return std::any_of(
      loss_terms().begin(), loss_terms().end(), [&](const LossTerm& term) {
        return term.input == input && term.default_weight &&
            (*this)[term.name] > 0;
      });
}

void validate(const LossConfig& config, const std::string& where) {
  bool any = false;
  for (const auto& [name, weight] : config.weights) {
    check(
        weight >= 0, where, ".", name, ": must not be negative, got ", weight);
    any = any || (weight > 0 && name != "kept_tokens");
  }
  check(
      any,
      where,
      ": at least one term beside kept_tokens needs a weight above 0");
  for (const auto& term : loss_terms()) {
    check(
        term.input != TermInput::kDecoder || !term.default_weight ||
            config[term.name] == 0 || config["reading"] > 0,
        where,
        ".",
        term.name,
        ": has no effect without reading, which runs the decoder");
  }
}

} // namespace microfiche::training
