#include "generation/decode_step.h"

#include <torch/torch.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::generation {
namespace {

constexpr int64_t kStepsBeforeGraph = 8;

/// The ids of all rows, padded on the right with zeros: (B, most ids).
torch::Tensor pad_ids(
    const std::vector<std::vector<int64_t>>& ids,
    const torch::Device& device) {
  std::vector<torch::Tensor> rows;
  for (const auto& row : ids) {
    rows.push_back(torch::tensor(row, torch::kInt64));
  }
  return torch::nn::utils::rnn::pad_sequence(rows, /*batch_first=*/true)
      .to(device);
}

} // namespace

DecodeStep::DecodeStep(decoder::Decoder decoder)
    : decoder_(std::move(decoder)) {}

torch::Tensor DecodeStep::logits(
    const torch::Tensor& ids,
    decoder::KvCache& cache) {
  if (auto* team = team_of(cache)) {
    return team->run(ids, cache);
  }
  auto* graph = graph_of(cache);
  if (graph == nullptr) {
    const auto hidden = decoder_->forward(decoder_->embed(ids), &cache);
    return decoder_->logits(hidden.squeeze(1));
  }
  const auto logits = graph->run(ids, cache);
  cache.advance(std::vector<int64_t>(cache.batch(), 1));
  return logits;
}

torch::Tensor DecodeStep::block_logits(
    const std::vector<std::vector<int64_t>>& ids,
    decoder::KvCache& cache) {
  if (team_runs_blocks(cache)) {
    if (!team_) {
      team_.emplace(decoder_, cache);
    }
    return team_->run_block(ids, cache);
  }
  std::vector<int64_t> lengths;
  for (const auto& row : ids) {
    lengths.push_back(static_cast<int64_t>(row.size()));
  }
  const auto padded = pad_ids(ids, decoder_->lm_head->weight.device());
  const auto hidden =
      decoder_->forward(decoder_->embed(padded), &cache, lengths);
  std::vector<torch::Tensor> positions;
  for (size_t row = 0; row < lengths.size(); ++row) {
    positions.push_back(
        hidden[static_cast<int64_t>(row)].narrow(0, 0, lengths[row]));
  }
  return decoder_->logits(torch::cat(positions)); // (ids, V)
}

void DecodeStep::take_back(
    const std::vector<int64_t>& lengths,
    decoder::KvCache& cache) {
  if (team_runs_blocks(cache)) {
    team_->take_back(lengths, cache);
  } else {
    cache.cut_rows(lengths);
  }
}

bool DecodeStep::runs_blocks(const decoder::KvCache& cache) const {
  return cache.window() == 0 || team_runs_blocks(cache);
}

std::optional<std::string> DecodeStep::unsupported_draft_reason() const {
  const torch::InferenceMode inference;
  decoder::Decoder decoder = decoder_;
  auto cache = decoder->make_cache(/*batch=*/1, /*capacity=*/1);
  cache.set_prompt_lengths({1});
  if (cache.window() == 0) {
    return std::nullopt;
  }
  const auto reason =
      decoder::DecodeTeam::unsupported_block_reason(*decoder, cache);
  return reason
      ? std::optional(
            "the model forgets its own output (a window of " +
            std::to_string(cache.window()) + " positions), and " + *reason)
      : std::nullopt;
}

bool DecodeStep::team_runs_blocks(const decoder::KvCache& cache) const {
  if (!team_runs_blocks_) {
    team_runs_blocks_ =
        !decoder::DecodeTeam::unsupported_block_reason(*decoder_, cache);
  }
  return *team_runs_blocks_;
}

std::optional<std::string> DecodeStep::unsupported_reason(
    const decoder::KvCache& cache) const {
  return decoder::DecodeTeam::unsupported_reason(*decoder_, cache);
}

decoder::DecodeTeam* DecodeStep::team_of(const decoder::KvCache& cache) {
  if (cache.batch() != team_rows_) {
    team_rows_ = cache.batch();
    team_supported_ = !unsupported_reason(cache);
    if (team_supported_ && !team_) {
      team_.emplace(decoder_, cache);
    }
  }
  return team_supported_ ? &*team_ : nullptr;
}

decoder::DecodeGraph* DecodeStep::graph_of(const decoder::KvCache& cache) {
  if (!decoder::DecodeGraph::is_supported(*decoder_)) {
    return nullptr;
  }
  if (!keys_.is_same(cache.keys(0))) {
    graph_.reset();
    keys_ = cache.keys(0);
    steady_steps_ = 0;
  }
  if (!graph_ && steady_steps_++ == kStepsBeforeGraph) {
    graph_.emplace(decoder_, cache);
  }
  return graph_ ? &*graph_ : nullptr;
}

} // namespace microfiche::generation
