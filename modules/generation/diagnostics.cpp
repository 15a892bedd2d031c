#include "generation/diagnostics.h"

#include <torch/torch.h>

#include <algorithm>

// B = rows, L = positions of a prompt, D = width, V = vocabulary.

namespace microfiche::generation {

GreedyTrace trace_greedy(
    decoder::Decoder& decoder,
    const GenerationRequest& request,
    int64_t steps) {
  const torch::InferenceMode inference;
  GreedyTrace trace;
  std::vector<torch::Tensor> logits;
  const int64_t prompt = request.embeds.size(0);
  const int64_t window = decoder->options.window();
  auto cache = decoder->make_cache(
      1, prompt + (window > 0 ? std::min(steps, window) : steps));
  cache.set_prompt_lengths({prompt});
  auto embeds = request.embeds.unsqueeze(0); // (1, L, D)
  for (int64_t step = 0; step < steps; ++step) {
    const auto hidden = decoder->forward(embeds, &cache);
    logits.push_back(decoder->logits(hidden.select(1, hidden.size(1) - 1)));
    const auto id = logits.back().argmax(/*dim=*/1, /*keepdim=*/true);
    trace.ids.push_back(id.item<int64_t>());
    embeds = decoder->embed(id);
  }
  trace.logits = torch::cat(logits).to(torch::kCPU); // (steps, V)
  return trace;
}

std::vector<std::vector<TargetPrediction>> predict_targets(
    decoder::Decoder& decoder,
    std::span<const GenerationRequest> requests,
    const std::vector<std::vector<int64_t>>& targets) {
  TORCH_CHECK(
      requests.size() == targets.size(),
      "predict_targets: expected a target for each of ",
      requests.size(),
      " requests, got ",
      targets.size());
  if (requests.empty()) {
    return {};
  }
  const torch::InferenceMode inference;
  std::vector<torch::Tensor> whole;
  std::vector<torch::Tensor> target_ids;
  std::vector<int64_t> prompt_lengths;
  for (size_t b = 0; b < requests.size(); ++b) {
    const auto& prompt = requests[b].embeds;
    prompt_lengths.push_back(prompt.size(0));
    target_ids.push_back(
        torch::tensor(targets[b], torch::kInt64).to(prompt.device()));
    whole.push_back(torch::cat(
        {prompt, decoder->embed(target_ids.back().unsqueeze(0))[0]}));
  }
  const auto hidden = decoder->forward(
      torch::nn::utils::rnn::pad_sequence(whole, /*batch_first=*/true),
      /*cache=*/nullptr,
      /*lengths=*/{},
      /*probes=*/nullptr,
      prompt_lengths); // (B, L, D)

  std::vector<std::vector<TargetPrediction>> result(requests.size());
  for (size_t b = 0; b < requests.size(); ++b) {
    // Position i predicts the id at i + 1.
    const auto before = hidden[b].narrow(
        0, requests[b].embeds.size(0) - 1, target_ids[b].size(0));
    const auto log_probabilities =
        decoder->logits(before).log_softmax(/*dim=*/-1); // (L, V)
    const auto own = log_probabilities.gather(1, target_ids[b].unsqueeze(1))
                         .squeeze(1)
                         .to(torch::kCPU, torch::kFloat64)
                         .contiguous();
    const auto [top, top_ids] = log_probabilities.max(/*dim=*/-1);
    const auto confidence =
        top.exp().to(torch::kCPU, torch::kFloat64).contiguous();
    const auto correct = top_ids.eq(target_ids[b]).to(torch::kCPU).contiguous();
    for (int64_t i = 0; i < own.size(0); ++i) {
      result[b].push_back(
          {own.data_ptr<double>()[i],
           confidence.data_ptr<double>()[i],
           correct.data_ptr<bool>()[i]});
    }
  }
  return result;
}

} // namespace microfiche::generation
