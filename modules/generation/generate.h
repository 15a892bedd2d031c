#pragma once

#include "decoder/decoder.h"
#include "generation/config/generation_config.h"
#include "generation/draft.h"

#include "core/error.h"
#include "core/json.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace microfiche::generation {

/// Why generation stopped: at the end token, at `max_new_tokens`, or because
/// the text repeats itself (see `LoopDetector`).
enum class StopReason { kEos, kLength, kLoop };

NLOHMANN_JSON_SERIALIZE_ENUM(
    StopReason,
    {{StopReason::kEos, "eos"},
     {StopReason::kLength, "length"},
     {StopReason::kLoop, "loop"}})

/// A prompt to continue.
struct GenerationRequest {
  /// (L, D): the embedded prompt, with a page's vision tokens in it.
  torch::Tensor embeds;

  /// The prompt's ids, for the n-gram rules that look at them.
  std::vector<int64_t> ids;

  /// The page's number in the whole run. It seeds the page's random numbers and
  /// identifies the page in callbacks.
  int64_t page = 0;

  /// Its own config, in place of the run's. Its random numbers then depend on
  /// the config's seed and not on the page's number.
  std::optional<GenerationConfig> config = {};

  /// Texts that the answer may follow; they change its time and no id. See Note
  /// [Drafts].
  std::shared_ptr<const Draft> draft = {};
};

/// What was generated for a request.
struct GenerationResult {
  /// Without the end token.
  std::vector<int64_t> ids;
  StopReason stop = StopReason::kLength;

  /// This request's share of the wall time: the time of a decoder call is
  /// divided equally among its rows.
  double prefill_seconds = 0.0;
  double decode_seconds = 0.0;

  /// Decoder calls after the prompt.
  int64_t steps = 0;

  /// Ids that a draft proposed, and those that the logits confirmed.
  int64_t drafted = 0;
  int64_t accepted = 0;
};

/// Where `generate` gets requests and delivers results. An exception from a
/// callback ends generation.
struct GenerationCallbacks {
  /// Returns the next request, or nothing when there is none. Called before
  /// every step that has a free row.
  std::function<std::optional<GenerationRequest>()> next;

  /// Called as soon as a request is finished, before `next` is called again.
  std::function<void(int64_t page, GenerationResult result)> on_result;

  /// Called instead of `on_result` when a request fails. The error does not
  /// name the page. Without this callback, `generate` throws the error and
  /// names the page.
  std::function<void(int64_t page, const Error& error)> on_failure;

  /// Called with each new id except the end token.
  std::function<void(int64_t page, int64_t id)> on_id;

  /// Called for each row before every step. A row for which it returns true
  /// ends at once; `on_cancelled`, which is needed then, gets what it has in
  /// place of `on_result`.
  std::function<bool(int64_t page)> cancelled = {};
  std::function<void(int64_t page, GenerationResult result)> on_cancelled = {};
};

/// Continues prompts with continuous batching: each step calls the decoder once
/// for at most `max_rows` rows, and when a row finishes, the next request takes
/// its place.
///
/// Greedy when `config.temperature` is 0. Otherwise each page has its own
/// stream of random numbers, seeded by `config.seed` and the page's number, so
/// its text does not depend on the other rows. The positions that the decoder
/// was trained for also limit the length.
///
/// With drafts, a step may append several ids to a row. On a CPU these are the
/// ids that the row gives alone, without a draft, in every bit that
/// `DecodeTeam` computes. A step without guesses is a plain one, which sums
/// many rows in another order. There, and elsewhere than on a CPU, an id can
/// differ where two logits are equal but for rounding. Sampling draws the same
/// random numbers.
///
/// A page fails with an `InputError` when its prompt alone is too long, and
/// with a `NumericError` when its logits hold a NaN or the n-gram rule bans
/// every id.
void generate(
    decoder::Decoder& decoder,
    const GenerationCallbacks& callbacks,
    const GenerationConfig& config,
    int64_t eos_token_id,
    int64_t max_rows);

/// Continues all prompts in one batch, as pages numbered from `first_page`.
/// Returns the results in the order of the requests; throws when one fails.
std::vector<GenerationResult> generate(
    decoder::Decoder& decoder,
    std::span<const GenerationRequest> requests,
    const GenerationConfig& config,
    int64_t eos_token_id,
    int64_t first_page = 0);

} // namespace microfiche::generation
