#include "generation/generation_row.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace microfiche::generation {

Row::Row(
    const GenerationRequest& request,
    int64_t max_ids_,
    const GenerationConfig& config_)
    : page(request.page),
      prompt_ids(request.ids),
      config(config_),
      rule{
          config.ngram,
          config.ngram_window,
          config.ngram_whitelist,
          config.ngram_over_prompt},
      max_ids(max_ids_),
      loop(config.loop_repeats, config.loop_ids),
      random(config.seed, "generation", request.config ? 0 : request.page) {}

Candidates find_candidates(
    const torch::Tensor& logits,
    std::span<const Row> rows) {
  if (std::ranges::any_of(rows, &Row::samples)) {
    return {logits.to(torch::kCPU).contiguous(), true};
  }
  // Ids below 2^24 are exact in float32, so value and id travel together.
  const auto [values, ids] = logits.max(/*dim=*/1);
  return {
      torch::stack({values, ids.to(torch::kFloat32)}, /*dim=*/1)
          .to(torch::kCPU),
      false};
}

int64_t choose_id(const Candidates& candidates, size_t b, Row& row) {
  const auto width = static_cast<size_t>(candidates.numbers.size(1));
  const std::span<const float> numbers(
      candidates.numbers.const_data_ptr<float>() + b * width, width);
  if (row.samples()) {
    return sample_id(numbers, row.config, row.random);
  }
  // As `torch::max`: NaN is the largest, and of equals the first counts.
  const auto largest = !candidates.all_logits
      ? numbers.begin()
      : std::ranges::max_element(numbers, [](float a, float b) {
          return a < b || (std::isnan(b) && !std::isnan(a));
        });
  check<NumericError>(
      std::isfinite(*largest),
      "the largest logit for id ",
      row.result.ids.size(),
      " is ",
      *largest,
      "; the weights or the vision tokens hold NaN, or the n-gram rule bans "
      "every id");
  return candidates.all_logits ? largest - numbers.begin()
                               : static_cast<int64_t>(numbers[1]);
}

void ban_ngrams(torch::Tensor& logits, std::span<const Row> rows) {
  std::vector<int64_t> banned_rows;
  std::vector<int64_t> banned_ids;
  for (size_t b = 0; b < rows.size(); ++b) {
    if (rows[b].rule.size == 0) {
      continue;
    }
    const auto banned =
        rows[b].rule.banned(rows[b].prompt_ids, rows[b].result.ids);
    banned_rows.insert(banned_rows.end(), banned.size(), b);
    banned_ids.insert(banned_ids.end(), banned.begin(), banned.end());
  }
  if (!banned_ids.empty()) {
    logits.index_put_(
        {torch::tensor(banned_rows, torch::kInt64).to(logits.device()),
         torch::tensor(banned_ids, torch::kInt64).to(logits.device())},
        torch::tensor(-std::numeric_limits<float>::infinity()));
  }
}

} // namespace microfiche::generation
