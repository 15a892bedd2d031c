#include "generation/generation_row.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace microfiche::generation {
namespace {

/// Ids that rows of logits must not choose.
class BannedIds {
 public:
  /// What `row` bans after `generated`, for row `position` of the logits.
  void
  add(int64_t position, const Row& row, std::span<const int64_t> generated) {
    if (row.rule.size > 0) {
      const auto banned = row.rule.banned(row.prompt_ids, generated);
      positions_.insert(positions_.end(), banned.size(), position);
      ids_.insert(ids_.end(), banned.begin(), banned.end());
    }
  }

  void remove_from(torch::Tensor& logits) const {
    if (!ids_.empty()) {
      logits.index_put_(
          {torch::tensor(positions_, torch::kInt64).to(logits.device()),
           torch::tensor(ids_, torch::kInt64).to(logits.device())},
          torch::tensor(-std::numeric_limits<float>::infinity()));
    }
  }

 private:
  std::vector<int64_t> positions_;
  std::vector<int64_t> ids_;
};

} // namespace

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
      random(config.seed, "generation", request.config ? 0 : request.page) {
  if (request.draft) {
    draft.emplace(request.draft);
  }
}

void Row::report_guesses(int64_t right) {
  if (draft) {
    draft->report(right);
    result.drafted = draft->drafted();
    result.accepted = draft->accepted();
  }
}

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
  BannedIds banned;
  for (size_t b = 0; b < rows.size(); ++b) {
    banned.add(static_cast<int64_t>(b), rows[b], rows[b].result.ids);
  }
  banned.remove_from(logits);
}

void ban_ngrams(
    torch::Tensor& logits,
    std::span<const Row> rows,
    const std::vector<std::vector<int64_t>>& blocks) {
  BannedIds banned;
  int64_t position = 0;
  for (size_t b = 0; b < rows.size(); ++b) {
    auto generated = rows[b].result.ids;
    generated.pop_back();
    for (const int64_t id : blocks[b]) {
      generated.push_back(id);
      banned.add(position++, rows[b], generated);
    }
  }
  banned.remove_from(logits);
}

} // namespace microfiche::generation
