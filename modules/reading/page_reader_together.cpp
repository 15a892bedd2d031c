#include "core/error.h"
#include "core/plural.h"
#include "core/stop_signal.h"
#include "core/terminal.h"
#include "page/vision_token_order.h"
#include "reading/page_reader.h"
#include "reading/together.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace microfiche::reading {

/// Loads and encodes the pages, all with the same number of positions. Throws
/// for a page that fails, because the others without it are another document.
std::vector<model::VisionTokens> PageReader::encode_together() {
  std::vector<model::VisionTokens> tokens;
  for (int64_t number = 0; number < std::ssize(pages_); ++number) {
    throw_if_stop_requested();
    running_[number] = encode(pages_[number]);
    tokens.push_back(running_[number].tokens);
    check(
        !tokens.back().grid.tiled(),
        pages_[number].title(),
        ": --together: expected vision tokens of a mode without tiles, got ",
        tokens.back().mode);
    check(
        tokens.back().mode == tokens.front().mode &&
            tokens.back().sequence.size(0) == tokens.front().sequence.size(0),
        pages_[number].title(),
        ": --together: expected pages of one mode, ",
        tokens.front().mode,
        ", got ",
        tokens.back().mode,
        "; the first ",
        count_of(number, "page"),
        " fit together");
    check_fit(tokens.front().sequence.size(0), tokens.front().mode);
  }
  return tokens;
}

/// Throws when the prompt has no room for the pages and one id of the answer.
void PageReader::check_fit(int64_t page_positions, const std::string& mode) {
  const int64_t most =
      count_pages_that_fit(loaded_, config_.prompt, page_positions);
  const auto count = std::ssize(pages_);
  const int64_t context = loaded_.config.language.max_position_embeddings;
  check(
      count <= most,
      "--together: ",
      count_of(count, "page"),
      " of ",
      page_positions,
      " positions do not fit into the model's ",
      context,
      " positions; at most ",
      count_of(most, "page"),
      " fit in mode ",
      mode,
      "; read fewer with --pages");
  if (said_fit_) {
    return;
  }
  said_fit_ = true;
  const int64_t left = context - count * page_positions -
      text_positions(loaded_, config_.prompt);
  say(concat(
      "at most ",
      count_of(most, "page"),
      " fit into a prompt in mode ",
      mode,
      "; ",
      count_of(count, "page"),
      count == 1 ? " leaves " : " leave ",
      left,
      " positions for the answer"));
}

void PageReader::read_together() {
  if (pages_.empty()) {
    return;
  }
  if (results_) {
    // Another set of pages is another prompt, with another answer for each.
    Json together = Json::array();
    for (const auto& page : pages_) {
      together.push_back(Json::array({page.content_hash(), page.number}));
    }
    settings_["together"] = std::move(together);
  }
  const auto is_done = [&](int64_t number) {
    return results_ &&
        results_->is_done(
            pages_[number], names_[number], settings_of(pages_[number]));
  };
  for (num_done_before_ = 0;
       num_done_before_ < std::ssize(pages_) && is_done(num_done_before_);
       ++num_done_before_) {
  }
  if (num_done_before_ == std::ssize(pages_)) {
    return;
  }
  // One page that changed changes the answer for all.
  num_done_before_ = 0;
  // Known before the pages are encoded, which takes the longest.
  if (std::ranges::none_of(pages_, [](const auto& page) {
        return page.file.kind == FileKind::kVisionTokens;
      })) {
    const auto counts = page::count_vision_tokens(
        mode_, {}, 1, 1, loaded_.config.pixels_per_token());
    check_fit(counts.positions, mode_.name);
  }
  const auto joined = join_pages(encode_together());
  const auto draft = drafts_ ? drafts_->find(pages_) : nullptr;
  auto whole = generation::read_vision_tokens(
                   loaded_,
                   {&joined, 1},
                   {config_.prompt, config_.generation},
                   /*first_page=*/0,
                   /*prompts=*/{},
                   {&draft, 1})
                   .front();
  const auto texts = texts_of_pages(whole.text, pages_.size());
  for (int64_t number = 0; number < std::ssize(pages_); ++number) {
    auto reading = whole;
    reading.text = texts[number];
    finish(number, reading);
  }
}

} // namespace microfiche::reading
