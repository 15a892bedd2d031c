#pragma once

#include "training/batch/batch_tensors.h"
#include "training/loss/reading_aids.h"
#include "training/loss/training_heads.h"

#include "decoder/decoder.h"

#include <torch/types.h>

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::training {

/// What one forward pass over a batch gives to the loss terms.
///
/// P = pages, q = vision tokens of a page (n * n / squares_per_token), N = ids
/// of all answers, V = vocabulary.
struct ForwardPass {
  const BatchTensors& batch;
  const AidConfig& aids;
  TrainingHeads heads;
  decoder::DecoderImpl& decoder;

  /// (P, C, h, w), of the perception tower, and (P, q, D); undefined if no page
  /// is encoded.
  torch::Tensor patches = {};
  torch::Tensor vision_tokens = {};

  /// (P, q, D), the vision tokens of the same pages by the encoder before
  /// training; undefined for pages whose tokens may change.
  torch::Tensor initial_tokens = {};

  /// (N, V) and (N); undefined if the decoder did not run.
  torch::Tensor logits = {};
  torch::Tensor targets = {};

  /// Filled by the decoder; empty without reading aids.
  AnswerLayout layout = {};
  std::vector<decoder::LayerProbe> probes = {};
};

/// Scalars that a term computes; undefined if the batch has no data for it.
struct TermValue {
  /// With gradient.
  torch::Tensor loss;
  /// A fraction, without gradient.
  torch::Tensor accuracy;
};

/// What a term needs beyond the encoder's forward pass.
enum class TermInput {
  /// Labelled points of pages (`BatchConfig::points_per_page`).
  kGlyphPoints,
  /// The encoder before training.
  kInitialEncoder,
  /// The decoder's forward pass, which runs if "reading" has a weight.
  kDecoder,
};

/// A summand of the training loss.
struct LossTerm {
  /// The key of its weight in a stage's "losses". Its scalars in metrics.jsonl
  /// are NAME_loss and, with `has_accuracy`, NAME_accuracy.
  const char* name;

  /// Nothing for a term that is weighted elsewhere.
  std::optional<double> default_weight;
  TermInput input;
  bool has_accuracy;
  TermValue (*compute)(ForwardPass& pass);
};

/// All terms, in the order in which they are summed. To add a term, add it to
/// this list. Config, loss, logs and sums over processes follow from the list.
const std::vector<LossTerm>& loss_terms();

/// The weights of the loss terms. A weight of 0 leaves a term out, with the
/// modules that only it needs: without "reading" the decoder does not run.
struct LossConfig {
  LossConfig();

  /// Replaces some of the default weights.
  LossConfig(
      std::initializer_list<std::pair<const std::string, double>> replaced);

  /// The weight of the term `name`.
  double& operator[](const std::string& name) {
    return weights.at(name);
  }
  double operator[](const std::string& name) const {
    return weights.at(name);
  }

  /// Whether a term with this input has a weight.
  bool needs(TermInput input) const;

  /// By the names of the terms.
  std::map<std::string, double> weights;
};

void validate(const LossConfig& config, const std::string& where);

template <typename Visitor>
void visit_fields(Visitor&& visit, LossConfig& config) {
  for (const auto& term : loss_terms()) {
    if (term.default_weight) {
      visit(term.name, config[term.name]);
    }
  }
}

} // namespace microfiche::training
