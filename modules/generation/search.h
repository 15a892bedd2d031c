#pragma once

#include "decoder/decoder.h"
#include "generation/generation_config.h"

#include "core/error.h"
#include "core/json.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace microfiche::generation {

/// Why an answer ended: at the end token, at `max_new_tokens`, or because it
/// ran in circles (see `LoopDetector`).
enum class StopReason { kEos, kLength, kLoop };

NLOHMANN_JSON_SERIALIZE_ENUM(
    StopReason,
    {{StopReason::kEos, "eos"},
     {StopReason::kLength, "length"},
     {StopReason::kLoop, "loop"}})

/// What an answer continues.
struct SearchInput {
  /// (L, D), the embedded prompt with a page's vision tokens in it.
  torch::Tensor embeds;

  /// The prompt's ids, at which the n-gram rule without a window looks.
  std::vector<int64_t> ids;

  /// The page's number in the whole run. It names the page's stream of draws,
  /// and the page to whoever gets its answer.
  int64_t page = 0;
};

/// An answer.
struct Answer {
  /// Without the end token.
  std::vector<int64_t> ids;
  StopReason stop = StopReason::kLength;

  /// This answer's part of the wall time: that of a call of the decoder is
  /// divided among the rows in it.
  double prefill_seconds = 0.0;
  double decode_seconds = 0.0;
};

/// Where a search gets prompts and gives answers. What a callback throws ends
/// the search.
struct SearchCallbacks {
  /// The next prompt, asked for before every step in which a row is free;
  /// nothing when there is none.
  std::function<std::optional<SearchInput>()> next;

  /// Called as soon as an answer has ended, before `next` is asked again.
  std::function<void(int64_t page, Answer answer)> on_answer;

  /// Called instead where a page can have no answer. The error does not name
  /// the page. Without this callback the search throws it, with the page.
  std::function<void(int64_t page, const Error& error)> on_failure;

  /// Called with each id as it is found, the end token left out.
  std::function<void(int64_t page, int64_t id)> on_id;
};

/// Continues prompts, at most `max_rows` of them together (continuous
/// batching): one call of the decoder a step over all running rows, and where
/// an answer ends the next prompt takes its place.
///
/// Greedy where `config.temperature` is 0. Otherwise each page draws from a
/// stream of its own, named by `config.seed` and the page's number, so that
/// what a page gets does not depend on those beside it. An answer's length is
/// also bounded by the positions that the decoder was trained for. The end
/// token ends an answer and is not part of it.
///
/// A page fails with an `InputError` when its prompt alone is too long, and
/// with a `NumericError` when its logits hold a NaN or the rules leave no id
/// to take.
void search(
    decoder::Decoder& decoder,
    const SearchCallbacks& callbacks,
    const GenerationConfig& config,
    int64_t eos_token_id,
    int64_t max_rows);

/// Continues all of the prompts together, as pages numbered from `first_page`.
/// Returns the answers in the order of the prompts; throws when one fails.
std::vector<Answer> search(
    decoder::Decoder& decoder,
    std::span<const SearchInput> inputs,
    const GenerationConfig& config,
    int64_t eos_token_id,
    int64_t first_page = 0);

} // namespace microfiche::generation
