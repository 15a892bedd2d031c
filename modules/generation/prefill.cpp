#include "generation/prefill.h"

#include <torch/torch.h>

#include <algorithm>
#include <utility>
#include <vector>

// B = rows, L = positions of a prompt, D = width, V = vocabulary.

namespace microfiche::generation {
namespace {

/// All prompts, padded on the right: (B, largest L, D).
torch::Tensor pad_prompts(std::span<const GenerationRequest> requests) {
  std::vector<torch::Tensor> rows;
  for (const auto& request : requests) {
    rows.push_back(request.embeds);
  }
  return torch::nn::utils::rnn::pad_sequence(rows, /*batch_first=*/true);
}

std::vector<int64_t> prompt_lengths(
    std::span<const GenerationRequest> requests) {
  std::vector<int64_t> lengths;
  for (const auto& request : requests) {
    lengths.push_back(request.embeds.size(0));
  }
  return lengths;
}

/// The hidden state at the last position of each row: (B, L, D) to (B, D).
torch::Tensor last_positions(
    const torch::Tensor& hidden,
    const std::vector<int64_t>& lengths) {
  const auto last =
      (torch::tensor(lengths, torch::kInt64) - 1).to(hidden.device());
  const auto rows = torch::arange(
      hidden.size(0),
      torch::TensorOptions(torch::kInt64).device(hidden.device()));
  return hidden.index({rows, last});
}

} // namespace

Prefill prefill_prompts(
    decoder::Decoder& decoder,
    std::span<const GenerationRequest> requests,
    int64_t new_slots) {
  const auto lengths = prompt_lengths(requests);
  const auto embeds = pad_prompts(requests); // (B, L, D)
  if (decoder->options.window() > 0) {
    new_slots = std::min(new_slots, decoder->options.window());
  }
  auto cache = decoder->make_cache(embeds.size(0), embeds.size(1) + new_slots);
  cache.set_prompt_lengths(lengths);
  const auto hidden = decoder->forward(embeds, &cache, lengths);
  auto logits = decoder->logits(last_positions(hidden, lengths)); // (B, V)
  return {std::move(cache), std::move(logits)};
}

} // namespace microfiche::generation
