#pragma once

#include "decoder/decoder.h"
#include "generation/generation_config.h"

#include "core/json.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
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
};

/// An answer.
struct Answer {
  /// Without the end token.
  std::vector<int64_t> ids;
  StopReason stop = StopReason::kLength;
};

struct SearchResult {
  /// In the order of the inputs.
  std::vector<Answer> answers;

  /// Wall time of the whole batch.
  double prefill_seconds = 0.0;
  double decode_seconds = 0.0;
};

/// Called with each id as it is found, the end token left out; `row` counts the
/// inputs. May throw to end the search.
using IdCallback = std::function<void(int64_t row, int64_t id)>;

/// Continues prompts, all of them together: one call of the decoder a step,
/// over the rows that are not finished.
///
/// Greedy where `config.temperature` is 0. Otherwise row b draws from a stream
/// of its own, named by `config.seed` and `first_row + b`, so that what a page
/// gets does not depend on its batch. An answer's length is also bounded by
/// the positions that the decoder was trained for. The end token ends an answer
/// and is not part of it.
///
/// Throws `InputError` for a prompt that alone is too long, and `NumericError`
/// when a row's logits hold a NaN or the rules leave no id to take.
SearchResult search(
    decoder::Decoder& decoder,
    std::span<const SearchInput> inputs,
    const GenerationConfig& config,
    int64_t eos_token_id,
    const IdCallback& on_id = {},
    uint64_t first_row = 0);

/// What a greedy decoding computes, step by step; for traces.
struct GreedyTrace {
  /// (steps, vocabulary) float32: next-token logits before each id.
  torch::Tensor logits;

  /// (steps): their largest, the end token like any other.
  std::vector<int64_t> ids;
};

/// Decodes exactly `steps` ids greedily, past the end token if it comes.
GreedyTrace trace_greedy(
    decoder::Decoder& decoder,
    const SearchInput& input,
    int64_t steps);

/// The natural log of the probability that the model gives to each target, all
/// ids of it one after the other, as a continuation of its input (teacher
/// forcing). The end token counts only where a target has it.
std::vector<double> log_likelihoods(
    decoder::Decoder& decoder,
    std::span<const SearchInput> inputs,
    const std::vector<std::vector<int64_t>>& targets);

} // namespace microfiche::generation
