#include "reading/together.h"

#include "core/error.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "core/utf8.h"
#include "document/page_marks.h"
#include "model/model_family.h"
#include "model/prompt.h"

#include <torch/torch.h>

#include <algorithm>
#include <iterator>

namespace microfiche::reading {

int64_t text_positions(
    const model::LoadedModel& loaded,
    const std::string& prompt) {
  const auto assembled = model::assemble_prompt(
      loaded.tokenizer(),
      prompt,
      /*image_positions=*/1,
      loaded.config.language.bos_token_id);
  return std::ssize(assembled.ids) - 1;
}

int64_t count_pages_that_fit(
    const model::LoadedModel& loaded,
    const std::string& prompt,
    int64_t page_positions) {
  return std::max<int64_t>(
      0,
      (loaded.config.language.max_position_embeddings - 1 -
       text_positions(loaded, prompt)) /
          page_positions);
}

model::VisionTokens join_pages(const std::vector<model::VisionTokens>& pages) {
  auto joined = pages.front();
  std::vector<torch::Tensor> sequences;
  joined.counts = {};
  for (const auto& page : pages) {
    sequences.push_back(page.sequence);
    joined.counts.nominal += page.counts.nominal;
    joined.counts.valid += page.counts.valid;
    joined.counts.positions += page.counts.positions;
  }
  joined.sequence = torch::cat(sequences);
  return joined;
}

std::vector<std::string> texts_of_pages(std::string_view answer, size_t count) {
  const std::string_view mark = document::kPageMark;
  auto pages = document::split_pages(answer);
  if (!pages) {
    warn(concat(
        "the answer has no page mark ",
        mark,
        ", so all of its text is with the first page"));
    pages = {{std::string(answer)}};
  } else {
    if (pages->size() != count) {
      warn(concat(
          "the answer has ",
          count_of(std::ssize(*pages), "page"),
          " but the prompt ",
          count));
    }
    const auto before = strip(answer.substr(0, answer.find(mark)));
    if (!before.empty()) {
      warn(
          "the answer has text before its first page mark; it is with the "
          "first page");
      auto& first = pages->front();
      first = concat(before, first.empty() ? "" : "\n\n", first);
    }
  }
  for (size_t surplus = count; surplus < pages->size(); ++surplus) {
    (*pages)[count - 1] += concat("\n\n", mark, "\n\n", (*pages)[surplus]);
  }
  pages->resize(count);
  return *pages;
}

void check_together(
    const model::ModelConfig& config,
    const page::ResolutionMode& mode) {
  const auto& family = config.family();
  check(
      !family.together_prompt.empty(),
      "--together: a model of the family ",
      family.name,
      " reads 1 page in a prompt; leave --together out");
  check(
      !mode.tiled(),
      "--together: expected a mode without tiles, such as base, got ",
      mode.name,
      ", with which 1 page fits into a prompt");
}

page::ResolutionMode find_together_mode(
    const model::LoadedModel& loaded,
    const std::string& name) {
  const auto mode = loaded.find_mode(name);
  return name.empty() && mode.tiled() ? loaded.find_mode("base") : mode;
}

} // namespace microfiche::reading
