#include "generation/draft_cost.h"

#include <cmath>

namespace microfiche::generation {
namespace {

/// The time of one multiplication over the time of reading one weight. A core
/// with AVX-512 multiplies about 40 billion bfloat16 numbers per second and
/// reads about 20 GB. Small float32 models stay in the cache, where reading is
/// faster than multiplying.
double time_per_product(const decoder::DecoderImpl& decoder) {
  if (decoder.lm_head->weight.is_cuda()) {
    return 0.02;
  }
  if (decoder.activation_dtype() == torch::kFloat32) {
    return 1.25;
  }
  const auto* layer = decoder.layers->ptr(0)->as<decoder::DecoderLayer>();
  const auto& projection = layer->attention->q_proj->weight;
  switch (projection.scalar_type()) {
    case torch::kInt8:
      return 0.5;
    case torch::kInt32: // int4
      return 1;
    default:
      return 0.25;
  }
}

} // namespace

double DraftCost::of(double positions) const {
  return dense + experts * (1 - std::pow(1 - chosen_share, positions)) +
      position * positions;
}

int64_t DraftCost::best_length(double probability, int64_t rows, int64_t most)
    const {
  const auto count = static_cast<double>(rows);
  const double plain = of(count);
  double before = plain;
  double right = 1;
  double gain = 0;
  double best_gain = 0;
  int64_t best = 0;
  for (int64_t length = 1; length <= most; ++length) {
    const double cost = of(count * static_cast<double>(length + 1));
    right *= probability;
    gain += right * plain - (cost - before);
    before = cost;
    if (gain > best_gain) {
      best_gain = gain;
      best = length;
    }
  }
  return best;
}

DraftCost draft_cost(const decoder::DecoderImpl& decoder) {
  const auto& options = decoder.options;
  const auto width = static_cast<double>(options.width());
  const auto sparse_layers =
      static_cast<double>(options.layers() - options.first_dense_layers());
  const double expert =
      3 * width * static_cast<double>(options.moe_intermediate_width());
  DraftCost cost;
  cost.dense = width * static_cast<double>(options.vocab_size()) +
      static_cast<double>(options.layers()) * 4 * width * width +
      static_cast<double>(options.first_dense_layers()) * 3 * width *
          static_cast<double>(options.intermediate_width()) +
      sparse_layers * expert *
          static_cast<double>(options.num_shared_experts());
  cost.experts =
      sparse_layers * expert * static_cast<double>(options.num_experts());
  cost.chosen_share = static_cast<double>(options.top_k()) /
      static_cast<double>(options.num_experts());
  cost.position = time_per_product(decoder) *
      (cost.dense + cost.experts * cost.chosen_share);
  return cost;
}

} // namespace microfiche::generation
