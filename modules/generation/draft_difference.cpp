#include "generation/draft_difference.h"

#include "core/error.h"
#include "generation/decode_step.h"
#include "generation/generation_row.h"
#include "generation/prefill.h"

#include <torch/torch.h>

#include <algorithm>
#include <optional>
#include <utility>

// B = rows, V = vocabulary.

namespace microfiche::generation {
namespace {

/// One tie is allowed in this many ids.
constexpr int64_t kIdsPerTie = 1000;

/// Ids of a block when a difference is looked at.
constexpr int64_t kBlock = 16;

constexpr int64_t kNoId = -1;

int64_t id_at(const GenerationResult& result, int64_t position) {
  return position < std::ssize(result.ids) ? result.ids[position] : kNoId;
}

/// The first position where two answers differ, if they do.
std::optional<int64_t> first_difference(
    const GenerationResult& plain,
    const GenerationResult& drafted) {
  const auto [end, other] = std::ranges::mismatch(plain.ids, drafted.ids);
  if (end == plain.ids.end() && other == drafted.ids.end()) {
    return std::nullopt;
  }
  return end - plain.ids.begin();
}

/// The plain answers whose rows decode at one position.
struct RunningRows {
  std::vector<GenerationRequest> requests;
  std::vector<const std::vector<int64_t>*> answers;

  /// The ids [begin, end) of each answer.
  std::vector<std::vector<int64_t>> ids(int64_t begin, int64_t end) const {
    std::vector<std::vector<int64_t>> all;
    for (const auto* answer : answers) {
      all.emplace_back(answer->begin() + begin, answer->begin() + end);
    }
    return all;
  }
};

/// The logits of one row after the first `count` ids of its answer (V), one id
/// per step or in blocks.
torch::Tensor logits_behind(
    decoder::Decoder& decoder,
    const RunningRows& rows,
    int64_t row,
    int64_t count,
    bool in_blocks) {
  auto [cache, logits] =
      prefill_prompts(decoder, rows.requests, /*new_slots=*/count + 1);
  logits = logits[row];
  DecodeStep step(decoder);
  for (int64_t done = 0; done < count;) {
    const int64_t added = in_blocks ? std::min(kBlock, count - done) : 1;
    const auto ids = rows.ids(done, done + added);
    if (in_blocks) {
      auto lengths = cache.lengths();
      logits = step.block_logits(ids, cache)[(row + 1) * added - 1].clone();
      for (auto& length : lengths) {
        length += added;
      }
      step.take_back(lengths, cache);
    } else {
      std::vector<int64_t> column;
      for (const auto& id : ids) {
        column.push_back(id.front());
      }
      const auto device = decoder->lm_head->weight.device();
      logits = step.logits(
          torch::tensor(column, torch::kInt64).to(device).unsqueeze(1),
          cache)[row];
    }
    done += added;
  }
  return logits.to(torch::kCPU).clone();
}

DraftDifference explain(
    decoder::Decoder& decoder,
    std::span<const GenerationRequest> requests,
    const GenerationConfig& config,
    std::span<const GenerationResult> plain,
    size_t page,
    int64_t position) {
  RunningRows rows;
  int64_t row = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    // The end of an answer is an id that is not in it.
    if (i == page || std::ssize(plain[i].ids) > position) {
      row = i == page ? std::ssize(rows.requests) : row;
      rows.requests.push_back(requests[i]);
      rows.answers.push_back(&plain[i].ids);
    }
  }
  auto block = logits_behind(decoder, rows, row, position, /*in_blocks=*/true);
  const auto alone =
      logits_behind(decoder, rows, row, position, /*in_blocks=*/false);
  DraftDifference difference;
  difference.page = requests[page].page;
  difference.position = position;
  difference.plain_id = id_at(plain[page], position);
  difference.rounding = (block - alone).abs().max().item<double>();
  Row answer(requests[page], config.max_new_tokens, config);
  answer.result.ids.assign(
      plain[page].ids.begin(), plain[page].ids.begin() + position);
  block.unsqueeze_(0);
  ban_ngrams(block, {&answer, 1});
  const auto best = std::get<0>(block[0].topk(2));
  difference.gap = (best[0] - best[1]).item<double>();
  return difference;
}

} // namespace

std::vector<DraftDifference> find_draft_differences(
    decoder::Decoder& decoder,
    std::span<const GenerationRequest> requests,
    const GenerationConfig& config,
    std::span<const GenerationResult> plain,
    std::span<const GenerationResult> drafted) {
  const torch::InferenceMode inference;
  std::vector<DraftDifference> differences;
  for (size_t page = 0; page < requests.size(); ++page) {
    if (const auto position = first_difference(plain[page], drafted[page])) {
      differences.push_back(
          explain(decoder, requests, config, plain, page, *position));
      differences.back().drafted_id = id_at(drafted[page], *position);
    }
  }
  return differences;
}

bool is_lossless(
    std::span<const DraftDifference> differences,
    int64_t num_ids) {
  return std::ranges::all_of(differences, &DraftDifference::is_tie) &&
      std::ssize(differences) * kIdsPerTie <= num_ids;
}

std::string to_text(const DraftDifference& difference) {
  return concat(
      "page ",
      difference.page,
      ", id ",
      difference.position,
      ": ",
      difference.drafted_id,
      " with a draft and ",
      difference.plain_id,
      " without; the two best logits differ by ",
      difference.gap,
      ", rounding by ",
      difference.rounding,
      difference.is_tie() ? "\n" : ": not a tie\n");
}

} // namespace microfiche::generation
