#include "generation/decode_step.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::generation {
namespace {

constexpr int64_t kStepsBeforeGraph = 8;

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
