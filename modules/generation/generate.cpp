#include "generation/generate.h"

#include "core/error.h"
#include "generation/decode_step.h"
#include "generation/generation_row.h"
#include "generation/prefill.h"

#include <algorithm>
#include <chrono>
#include <utility>

// B = rows, V = vocabulary.

namespace microfiche::generation {
namespace {

using Clock = std::chrono::steady_clock;

/// Ids per row that a cache has room for at first.
constexpr int64_t kInitialCapacity = 256;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

torch::Tensor id_column(
    std::span<const Row> rows,
    const torch::Device& device) {
  std::vector<int64_t> ids;
  for (const auto& row : rows) {
    ids.push_back(row.result.ids.back());
  }
  return torch::tensor(ids, torch::kInt64).to(device).unsqueeze(1); // (B, 1)
}

/// The rows in progress and their KV cache.
class GenerationLoop {
 public:
  GenerationLoop(
      decoder::Decoder& decoder,
      const GenerationCallbacks& callbacks,
      const GenerationConfig& config,
      int64_t eos_token_id,
      int64_t max_rows)
      : decoder_(decoder),
        decode_step_(decoder),
        cost_(draft_cost(*decoder)),
        callbacks_(callbacks),
        config_(config),
        eos_token_id_(eos_token_id),
        max_rows_(static_cast<size_t>(max_rows)) {}

  void run() {
    fill_rows();
    while (!rows_.empty()) {
      step();
      end_cancelled();
      fill_rows();
    }
  }

 private:
  void end_cancelled() {
    if (!callbacks_.cancelled) {
      return;
    }
    for (auto& row : rows_) {
      row.cancelled = callbacks_.cancelled(row.page);
      row.ended = row.ended || row.cancelled;
    }
    release_ended();
  }

  const GenerationConfig& config_of(const GenerationRequest& request) const {
    return request.config ? *request.config : config_;
  }

  /// Starts requests until no row is free or there are no more. A request that
  /// ends with its first id frees its row again.
  void fill_rows() {
    for (auto requests = next_requests(); !requests.empty();
         requests = next_requests()) {
      prefill(requests);
    }
  }

  /// Requests for the free rows.
  std::vector<GenerationRequest> next_requests() {
    std::vector<GenerationRequest> requests;
    while (rows_.size() + requests.size() < max_rows_) {
      auto request = callbacks_.next();
      if (!request) {
        break;
      }
      if (positions_left(*request) >= 1) {
        requests.push_back(std::move(*request));
      } else {
        fail(
            request->page,
            InputError(concat(
                "its prompt takes ",
                request->embeds.size(0),
                " positions, which leaves no room for an answer in the "
                "model's ",
                decoder_->options.max_positions())));
      }
    }
    return requests;
  }

  int64_t positions_left(const GenerationRequest& request) const {
    return decoder_->options.max_positions() - request.embeds.size(0);
  }

  void prefill(std::span<const GenerationRequest> requests) {
    const auto start = Clock::now();
    int64_t new_slots = 1;
    for (const auto& request : requests) {
      new_slots = std::max(new_slots, config_of(request).max_new_tokens);
    }
    auto [cache, logits] = prefill_prompts(
        decoder_, requests, std::min(new_slots, kInitialCapacity));
    if (cache_) {
      cache_->append_rows(cache);
    } else {
      cache_ = std::move(cache);
    }
    for (const auto& request : requests) {
      const auto& config = config_of(request);
      const int64_t max_ids =
          std::min(config.max_new_tokens, positions_left(request));
      rows_.emplace_back(request, max_ids, config);
    }
    const auto added = std::span(rows_).last(requests.size());
    append_ids(added, std::move(logits));
    add_time_share(start, added, &GenerationResult::prefill_seconds);
    release_ended();
  }

  void step() {
    const auto start = Clock::now();
    const auto blocks = next_blocks();
    if (blocks.empty()) {
      fit_capacity(/*added=*/1);
      const auto ids = id_column(rows_, decoder_->lm_head->weight.device());
      append_ids(rows_, decode_step_.logits(ids, *cache_));
    } else {
      append_blocks(blocks);
    }
    add_time_share(start, rows_, &GenerationResult::decode_seconds);
    for (auto& row : rows_) {
      ++row.result.steps;
    }
    release_ended();
  }

  /// The block of each row; see Note [Drafts]. None when no row guesses: then a
  /// plain step is faster.
  std::vector<std::vector<int64_t>> next_blocks() {
    std::vector<std::vector<int64_t>> blocks;
    const bool has_drafts = std::ranges::any_of(
        rows_, [](auto& row) { return row.draft.has_value(); });
    if (!has_drafts || !decode_step_.runs_blocks(*cache_)) {
      return blocks;
    }
    const int64_t positions =
        decoder_->options.max_positions() - cache_->max_length();
    for (auto& row : rows_) {
      blocks.push_back(next_block(row, positions));
    }
    const bool has_guesses = std::ranges::any_of(
        blocks, [](const auto& block) { return block.size() > 1; });
    return has_guesses ? blocks : std::vector<std::vector<int64_t>>();
  }

  /// The row's last id, and guesses after it: at most `positions` ids.
  std::vector<int64_t> next_block(Row& row, int64_t positions) const {
    std::vector<int64_t> block = {row.result.ids.back()};
    if (row.draft) {
      // The logits after the last guess give one more id.
      const auto left =
          row.max_ids - static_cast<int64_t>(row.result.ids.size()) - 1;
      const auto guesses = row.draft->propose(
          std::min(left, positions - 1), cost_, std::ssize(rows_));
      block.insert(block.end(), guesses.begin(), guesses.end());
    }
    return block;
  }

  /// Appends ids to each row as long as its block is right, and takes the rest
  /// of the block back from the cache.
  void append_blocks(const std::vector<std::vector<int64_t>>& blocks) {
    int64_t longest = 1;
    for (const auto& block : blocks) {
      longest = std::max(longest, static_cast<int64_t>(block.size()));
    }
    fit_capacity(longest);
    auto lengths = cache_->lengths();
    // After each id of the blocks, (ids, V).
    auto logits = decode_step_.block_logits(blocks, *cache_);
    ban_ngrams(logits, rows_, blocks);
    const auto candidates = find_candidates(logits, rows_);
    size_t first = 0;
    for (size_t b = 0; b < rows_.size(); ++b) {
      auto& row = rows_[b];
      size_t kept = 0;
      bool is_right = true;
      while (is_right && !row.ended) {
        const auto id = append_candidate(candidates, first + kept, row);
        ++kept;
        is_right = kept < blocks[b].size() && id == blocks[b][kept];
      }
      lengths[b] += static_cast<int64_t>(kept);
      first += blocks[b].size();
      row.report_guesses(static_cast<int64_t>(kept) - 1);
    }
    decode_step_.take_back(lengths, *cache_);
  }

  /// Appends the id that a row of `candidates` gives. Returns it, or nothing
  /// when the request failed.
  std::optional<int64_t>
  append_candidate(const Candidates& candidates, size_t position, Row& row) {
    try {
      const int64_t id = choose_id(candidates, position, row);
      append_id(row, id);
      return id;
    } catch (const NumericError& error) {
      row.failure = error;
      row.ended = true;
      return std::nullopt;
    }
  }

  /// Makes room for at least `added` more positions per row. The cache grows
  /// with the results, because room for the longest possible ones would mostly
  /// stay empty, and shrinks after a long result has ended. With a window it
  /// never gets larger than the prompts and the window.
  void fit_capacity(int64_t added) {
    const int64_t used = cache_->max_slots();
    const int64_t max_positions = decoder_->options.max_positions();
    const int64_t fitting = std::min(
        {used + std::max(used, kInitialCapacity),
         max_positions,
         cache_->max_slots(max_positions)});
    if (cache_->max_slots(added) > cache_->capacity() ||
        cache_->capacity() > 2 * fitting) {
      cache_->set_capacity(fitting);
    }
  }

  /// Appends the next id to each row; `logits` are (B, V).
  void append_ids(std::span<Row> rows, torch::Tensor logits) {
    ban_ngrams(logits, rows);
    const auto candidates = find_candidates(logits, rows);
    for (size_t b = 0; b < rows.size(); ++b) {
      append_candidate(candidates, b, rows[b]);
    }
  }

  /// Appends an id to a row, and ends the row if that ends its result.
  void append_id(Row& row, int64_t id) {
    auto& result = row.result;
    if (id == eos_token_id_) {
      result.stop = StopReason::kEos;
      row.ended = true;
      return;
    }
    result.ids.push_back(id);
    if (row.draft) {
      row.draft->push(id);
    }
    if (callbacks_.on_id) {
      callbacks_.on_id(row.page, id);
    }
    if (row.loop.push(id)) {
      result.stop = StopReason::kLoop;
      row.ended = true;
    } else if (static_cast<int64_t>(result.ids.size()) == row.max_ids) {
      result.stop = StopReason::kLength;
      row.ended = true;
    }
  }

  static void add_time_share(
      Clock::time_point start,
      std::span<Row> rows,
      double GenerationResult::*seconds) {
    const double share =
        seconds_since(start) / static_cast<double>(rows.size());
    for (auto& row : rows) {
      row.result.*seconds += share;
    }
  }

  /// Removes ended rows from the batch and delivers their results.
  void release_ended() {
    std::vector<int64_t> running;
    for (size_t b = 0; b < rows_.size(); ++b) {
      if (!rows_[b].ended) {
        running.push_back(static_cast<int64_t>(b));
      }
    }
    if (running.size() == rows_.size()) {
      return;
    }
    if (running.empty()) {
      cache_.reset();
    } else {
      cache_->select_rows(running);
    }
    for (auto& row : rows_) {
      if (row.failure) {
        fail(row.page, *row.failure);
      } else if (row.ended) {
        const auto& deliver =
            row.cancelled ? callbacks_.on_cancelled : callbacks_.on_result;
        deliver(row.page, std::move(row.result));
      }
    }
    std::erase_if(rows_, [](const Row& row) { return row.ended; });
  }

  template <typename E>
  void fail(int64_t page, const E& error) {
    if (!callbacks_.on_failure) {
      throw E(concat("page ", page, ": ", error.what()));
    }
    callbacks_.on_failure(page, error);
  }

  decoder::Decoder& decoder_;
  DecodeStep decode_step_;
  DraftCost cost_;
  const GenerationCallbacks& callbacks_;
  const GenerationConfig& config_;
  int64_t eos_token_id_;
  size_t max_rows_;
  std::vector<Row> rows_;
  /// Row b belongs to `rows_[b]`; empty when there are no rows.
  std::optional<decoder::KvCache> cache_;
};

} // namespace

void generate(
    decoder::Decoder& decoder,
    const GenerationCallbacks& callbacks,
    const GenerationConfig& config,
    int64_t eos_token_id,
    int64_t max_rows) {
  TORCH_CHECK_VALUE(
      max_rows >= 1, "generate: max_rows must be at least 1, got ", max_rows);
  const torch::InferenceMode inference;
  GenerationLoop(decoder, callbacks, config, eos_token_id, max_rows).run();
}

} // namespace microfiche::generation
