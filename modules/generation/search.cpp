#include "generation/search.h"

#include "core/error.h"
#include "core/random.h"
#include "generation/logits_processor.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

// B = rows, L = positions of a prompt, D = width, V = vocabulary.

namespace microfiche::generation {
namespace {

using Clock = std::chrono::steady_clock;

/// Room for ids, a row, in a cache before it grows.
constexpr int64_t kFirstRoom = 256;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// One answer on its way.
struct Row {
  Row(int64_t input_,
      int64_t longest_,
      const GenerationConfig& config,
      uint64_t stream)
      : input(input_),
        longest(longest_),
        loop(config.loop_repeats, config.loop_ids),
        random(config.seed, "generation", stream) {}

  /// Which input it continues, and how long it may become.
  int64_t input;
  int64_t longest;
  LoopDetector loop;
  RandomStream random;
  Answer answer;
  bool finished = false;
};

/// Prompts side by side, padded at their right, (B, longest L, D).
torch::Tensor pad_prompts(std::span<const SearchInput> inputs) {
  std::vector<torch::Tensor> rows;
  for (const auto& input : inputs) {
    rows.push_back(input.embeds);
  }
  return torch::nn::utils::rnn::pad_sequence(rows, /*batch_first=*/true);
}

std::vector<int64_t> prompt_lengths(std::span<const SearchInput> inputs) {
  std::vector<int64_t> lengths;
  for (const auto& input : inputs) {
    lengths.push_back(input.embeds.size(0));
  }
  return lengths;
}

/// What the last position of each row says, (B, D) of (B, L, D).
torch::Tensor last_positions(
    const torch::Tensor& hidden,
    const std::vector<int64_t>& lengths) {
  const auto last =
      (torch::tensor(lengths, torch::kInt64) - 1).to(hidden.device());
  const auto rows = torch::arange(
      hidden.size(0),
      torch::TensorOptions(torch::kInt64).device(hidden.device()));
  return hidden.index({rows, last});
}

/// The next id of each row: the largest of its logits, or drawn from them.
/// One copy from the device a call.
std::vector<int64_t> choose_ids(
    const torch::Tensor& logits,
    std::vector<Row*>& rows,
    const GenerationConfig& config) {
  std::vector<int64_t> ids;
  if (config.temperature > 0) {
    const auto on_cpu = logits.to(torch::kCPU).contiguous();
    const size_t vocabulary = static_cast<size_t>(on_cpu.size(1));
    for (size_t b = 0; b < rows.size(); ++b) {
      ids.push_back(draw_id(
          {on_cpu.const_data_ptr<float>() + b * vocabulary, vocabulary},
          config,
          rows[b]->random));
    }
    return ids;
  }
  // Ids below 2^24 are exact in float32, so value and place travel together.
  const auto [values, places] = logits.max(/*dim=*/1);
  const auto best =
      torch::stack({values, places.to(torch::kFloat32)}).to(torch::kCPU);
  const auto numbers = best.accessor<float, 2>();
  for (size_t b = 0; b < rows.size(); ++b) {
    check<NumericError>(
        std::isfinite(numbers[0][b]),
        "page ",
        rows[b]->input,
        ", id ",
        rows[b]->answer.ids.size(),
        ": the largest logit is ",
        numbers[0][b],
        "; the weights or the vision tokens hold NaN, or the n-gram rule "
        "bans every id");
    ids.push_back(static_cast<int64_t>(numbers[1][b]));
  }
  return ids;
}

/// Sets the logits of what `rule` bans to minus infinity.
void ban_ngrams(
    torch::Tensor& logits,
    const std::vector<Row*>& rows,
    std::span<const SearchInput> inputs,
    const NgramRule& rule) {
  std::vector<int64_t> banned_rows;
  std::vector<int64_t> banned_ids;
  for (size_t b = 0; b < rows.size(); ++b) {
    const auto banned =
        rule.banned(inputs[rows[b]->input].ids, rows[b]->answer.ids);
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

/// Gives a row its next id, and finishes it where that ends the answer.
void take_id(
    Row& row,
    int64_t id,
    int64_t eos_token_id,
    const IdCallback& on_id) {
  if (id == eos_token_id) {
    row.answer.stop = StopReason::kEos;
    row.finished = true;
    return;
  }
  row.answer.ids.push_back(id);
  if (on_id) {
    on_id(row.input, id);
  }
  if (row.loop.push(id)) {
    row.answer.stop = StopReason::kLoop;
    row.finished = true;
  } else if (static_cast<int64_t>(row.answer.ids.size()) == row.longest) {
    row.answer.stop = StopReason::kLength;
    row.finished = true;
  }
}

/// Takes finished rows out of the batch.
void drop_finished(std::vector<Row*>& rows, decoder::KvCache& cache) {
  std::vector<int64_t> kept;
  for (size_t b = 0; b < rows.size(); ++b) {
    if (!rows[b]->finished) {
      kept.push_back(static_cast<int64_t>(b));
    }
  }
  if (kept.size() < rows.size() && !kept.empty()) {
    cache.select_rows(kept);
  }
  std::erase_if(rows, [](const Row* row) { return row->finished; });
}

/// A cache with room for at least one more position a row. It grows as answers
/// do, since room for the longest possible answers would mostly stay empty.
void make_room(decoder::Decoder& decoder, decoder::KvCache& cache) {
  const int64_t used = cache.max_length();
  if (used < cache.capacity()) {
    return;
  }
  auto larger = decoder->make_cache(cache.batch(), 2 * cache.capacity());
  for (int64_t layer = 0; layer < decoder->options.layers(); ++layer) {
    larger.keys(layer).narrow(1, 0, used).copy_(cache.keys(layer));
    larger.values(layer).narrow(1, 0, used).copy_(cache.values(layer));
  }
  larger.advance(cache.lengths());
  cache = std::move(larger);
}

torch::Tensor id_column(
    const std::vector<Row*>& rows,
    const torch::Device& device) {
  std::vector<int64_t> ids;
  for (const auto* row : rows) {
    ids.push_back(row->answer.ids.back());
  }
  return torch::tensor(ids, torch::kInt64).to(device).unsqueeze(1); // (B, 1)
}

} // namespace

SearchResult search(
    decoder::Decoder& decoder,
    std::span<const SearchInput> inputs,
    const GenerationConfig& config,
    int64_t eos_token_id,
    const IdCallback& on_id,
    uint64_t first_row) {
  SearchResult result;
  if (inputs.empty()) {
    return result;
  }
  const torch::InferenceMode inference;
  const auto start = Clock::now();
  const auto lengths = prompt_lengths(inputs);
  const int64_t max_positions = decoder->options.max_positions();
  std::vector<Row> all_rows;
  for (size_t b = 0; b < inputs.size(); ++b) {
    const int64_t room = max_positions - lengths[b];
    check(
        room >= 1,
        "page ",
        b,
        ": its prompt takes ",
        lengths[b],
        " positions, which leaves no room for an answer in the model's ",
        max_positions);
    const int64_t longest = std::min(config.max_new_tokens, room);
    all_rows.emplace_back(b, longest, config, first_row + b);
  }
  std::vector<Row*> rows;
  for (auto& row : all_rows) {
    rows.push_back(&row);
  }
  const NgramRule rule{
      config.ngram, config.ngram_window, config.ngram_whitelist};

  const auto embeds = pad_prompts(inputs); // (B, L, D)
  auto cache = decoder->make_cache(
      embeds.size(0),
      embeds.size(1) + std::min(config.max_new_tokens, kFirstRoom));
  const auto hidden = decoder->forward(embeds, &cache, lengths);
  auto logits = decoder->logits(last_positions(hidden, lengths)); // (B, V)
  const auto choose = [&] {
    if (rule.size > 0) {
      ban_ngrams(logits, rows, inputs, rule);
    }
    return choose_ids(logits, rows, config);
  };
  auto ids = choose();
  result.prefill_seconds = seconds_since(start);

  while (true) {
    for (size_t b = 0; b < rows.size(); ++b) {
      take_id(*rows[b], ids[b], eos_token_id, on_id);
    }
    drop_finished(rows, cache);
    if (rows.empty()) {
      break;
    }
    make_room(decoder, cache);
    const auto next = decoder->embed(id_column(rows, embeds.device()));
    logits = decoder->logits(decoder->forward(next, &cache).squeeze(1));
    ids = choose();
  }

  for (auto& row : all_rows) {
    result.answers.push_back(std::move(row.answer));
  }
  result.decode_seconds = seconds_since(start) - result.prefill_seconds;
  return result;
}

GreedyTrace trace_greedy(
    decoder::Decoder& decoder,
    const SearchInput& input,
    int64_t steps) {
  const torch::InferenceMode inference;
  GreedyTrace trace;
  std::vector<torch::Tensor> logits;
  auto cache = decoder->make_cache(1, input.embeds.size(0) + steps);
  auto embeds = input.embeds.unsqueeze(0); // (1, L, D)
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

std::vector<double> log_likelihoods(
    decoder::Decoder& decoder,
    std::span<const SearchInput> inputs,
    const std::vector<std::vector<int64_t>>& targets) {
  TORCH_CHECK(
      inputs.size() == targets.size(),
      "log_likelihoods: expected a target for each of ",
      inputs.size(),
      " inputs, got ",
      targets.size());
  if (inputs.empty()) {
    return {};
  }
  const torch::InferenceMode inference;
  std::vector<SearchInput> whole;
  std::vector<torch::Tensor> target_ids;
  for (size_t b = 0; b < inputs.size(); ++b) {
    const auto& prompt = inputs[b].embeds;
    target_ids.push_back(
        torch::tensor(targets[b], torch::kInt64).to(prompt.device()));
    whole.push_back(
        {torch::cat(
             {prompt, decoder->embed(target_ids.back().unsqueeze(0))[0]}),
         {}});
  }
  const auto hidden = decoder->forward(pad_prompts(whole)); // (B, L, D)

  std::vector<double> result;
  for (size_t b = 0; b < inputs.size(); ++b) {
    // Position i says what comes at i + 1.
    const auto before = hidden[b].narrow(
        0, inputs[b].embeds.size(0) - 1, target_ids[b].size(0));
    const auto log_probabilities =
        decoder->logits(before).log_softmax(/*dim=*/-1);
    result.push_back(log_probabilities.gather(1, target_ids[b].unsqueeze(1))
                         .sum()
                         .item<double>());
  }
  return result;
}

} // namespace microfiche::generation
