#include "training/batch/sequence.h"

#include "core/error.h"

#include <algorithm>
#include <numeric>

namespace microfiche::training {

Sequences make_sequences(
    const std::vector<model::Prompt>& prompts,
    const std::vector<std::vector<int64_t>>& answers,
    const std::vector<int64_t>& page_rows,
    torch::Device device,
    const std::vector<std::vector<uint8_t>>& given) {
  const auto rows = static_cast<int64_t>(answers.size());
  const auto prompt_of = [&](int64_t row) -> const model::Prompt& {
    return prompts.size() == 1 ? prompts[0] : prompts[row];
  };
  // The last id of the longest row is only predicted.
  int64_t longest = 0;
  for (int64_t row = 0; row < rows; ++row) {
    longest = std::max(
        longest,
        static_cast<int64_t>(
            prompt_of(row).ids.size() + answers[row].size() - 1));
  }

  // The id of padding does not matter.
  std::vector<int64_t> ids(rows * longest, 0);
  std::vector<int64_t> predicting_positions;
  std::vector<int64_t> targets;
  std::vector<int64_t> prompt_lengths;
  for (int64_t row = 0; row < rows; ++row) {
    const auto& prompt = prompt_of(row);
    const auto& answer = answers[row];
    const bool has_page =
        std::find(page_rows.begin(), page_rows.end(), row) != page_rows.end();
    check(
        has_page == (prompt.image_positions > 0),
        "training: row ",
        row,
        " of a batch has ",
        has_page ? "a page but no <image> in its prompt"
                 : "<image> in its prompt but no page");
    const auto begin = ids.begin() + row * longest;
    const auto end = std::copy(prompt.ids.begin(), prompt.ids.end(), begin);
    const auto length = static_cast<int64_t>(prompt.ids.size());
    const auto room = longest - length;
    prompt_lengths.push_back(length);
    std::copy_n(
        answer.begin(),
        std::min(room, static_cast<int64_t>(answer.size())),
        end);
    for (size_t i = 0; i < answer.size(); ++i) {
      if (!given.empty() && given[row][i] != 0) {
        continue;
      }
      predicting_positions.push_back(
          row * longest + length - 1 + static_cast<int64_t>(i));
      targets.push_back(answer[i]);
    }
  }
  std::vector<int64_t> page_positions;
  for (const int64_t row : page_rows) {
    const auto& prompt = prompt_of(row);
    for (int64_t i = 0; i < prompt.image_positions; ++i) {
      page_positions.push_back(row * longest + prompt.image_begin + i);
    }
  }

  const auto on_device = [&](const std::vector<int64_t>& numbers) {
    return torch::tensor(numbers, torch::kInt64)
        .to(device, /*non_blocking=*/true);
  };
  Sequences sequences;
  sequences.ids = on_device(ids).view({rows, longest});
  sequences.page_positions = on_device(page_positions);
  sequences.predicting_positions = on_device(predicting_positions);
  sequences.targets = on_device(targets);
  sequences.prompt_lengths = std::move(prompt_lengths);
  sequences.answer_begin = static_cast<int64_t>(prompt_of(0).ids.size()) - 1;
  sequences.image_begin = prompt_of(0).image_begin;
  return sequences;
}

} // namespace microfiche::training
