#include "generation/search.h"

#include "core/error.h"
#include "core/random.h"
#include "generation/decode_step.h"
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
  Row(const SearchInput& input,
      int64_t longest_,
      const GenerationConfig& config)
      : page(input.page),
        prompt_ids(input.ids),
        longest(longest_),
        loop(config.loop_repeats, config.loop_ids),
        random(config.seed, "generation", input.page) {}

  int64_t page;
  std::vector<int64_t> prompt_ids;
  /// How many ids the answer may have.
  int64_t longest;
  LoopDetector loop;
  RandomStream random;
  Answer answer;
  bool ended = false;
  /// Why it ended without an answer.
  std::optional<NumericError> failure;
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

/// What the next ids are chosen from, on the CPU: all logits (B, V) to draw
/// from, or the largest of each row and its id, (B, 2).
torch::Tensor candidates(
    const torch::Tensor& logits,
    const GenerationConfig& config) {
  if (config.temperature > 0) {
    return logits.to(torch::kCPU).contiguous();
  }
  // Ids below 2^24 are exact in float32, so value and id travel together.
  const auto [values, ids] = logits.max(/*dim=*/1);
  return torch::stack({values, ids.to(torch::kFloat32)}, /*dim=*/1)
      .to(torch::kCPU);
}

/// The next id of a row, from its part of `candidates`.
int64_t choose_id(
    std::span<const float> numbers,
    Row& row,
    const GenerationConfig& config) {
  if (config.temperature > 0) {
    return draw_id(numbers, config, row.random);
  }
  check<NumericError>(
      std::isfinite(numbers[0]),
      "the largest logit for id ",
      row.answer.ids.size(),
      " is ",
      numbers[0],
      "; the weights or the vision tokens hold NaN, or the n-gram rule bans "
      "every id");
  return static_cast<int64_t>(numbers[1]);
}

/// Sets the logits of what `rule` bans to minus infinity.
void ban_ngrams(
    torch::Tensor& logits,
    std::span<const Row> rows,
    const NgramRule& rule) {
  std::vector<int64_t> banned_rows;
  std::vector<int64_t> banned_ids;
  for (size_t b = 0; b < rows.size(); ++b) {
    const auto banned = rule.banned(rows[b].prompt_ids, rows[b].answer.ids);
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

torch::Tensor id_column(
    std::span<const Row> rows,
    const torch::Device& device) {
  std::vector<int64_t> ids;
  for (const auto& row : rows) {
    ids.push_back(row.answer.ids.back());
  }
  return torch::tensor(ids, torch::kInt64).to(device).unsqueeze(1); // (B, 1)
}

/// The running rows of a search with their cache.
class Search {
 public:
  Search(
      decoder::Decoder& decoder,
      const SearchCallbacks& callbacks,
      const GenerationConfig& config,
      int64_t eos_token_id,
      int64_t max_rows)
      : decoder_(decoder),
        decode_step_(decoder),
        callbacks_(callbacks),
        config_(config),
        rule_{config.ngram, config.ngram_window, config.ngram_whitelist},
        eos_token_id_(eos_token_id),
        max_rows_(static_cast<size_t>(max_rows)) {}

  void run() {
    fill_rows();
    while (!rows_.empty()) {
      step();
      fill_rows();
    }
  }

 private:
  /// Begins answers until no row is free or there are no prompts. Some end with
  /// their first id, which frees their rows again.
  void fill_rows() {
    for (auto inputs = next_inputs(); !inputs.empty(); inputs = next_inputs()) {
      prefill(inputs);
    }
  }

  /// Prompts for the free rows.
  std::vector<SearchInput> next_inputs() {
    std::vector<SearchInput> inputs;
    while (rows_.size() + inputs.size() < max_rows_) {
      auto input = callbacks_.next();
      if (!input) {
        break;
      }
      if (room_after(*input) >= 1) {
        inputs.push_back(std::move(*input));
      } else {
        fail(
            input->page,
            InputError(concat(
                "its prompt takes ",
                input->embeds.size(0),
                " positions, which leaves no room for an answer in the "
                "model's ",
                decoder_->options.max_positions())));
      }
    }
    return inputs;
  }

  int64_t room_after(const SearchInput& input) const {
    return decoder_->options.max_positions() - input.embeds.size(0);
  }

  void prefill(std::span<const SearchInput> inputs) {
    const auto start = Clock::now();
    const auto lengths = prompt_lengths(inputs);
    const auto embeds = pad_prompts(inputs); // (B, L, D)
    auto cache = decoder_->make_cache(
        embeds.size(0),
        embeds.size(1) + std::min(config_.max_new_tokens, kFirstRoom));
    const auto hidden = decoder_->forward(embeds, &cache, lengths);
    if (cache_) {
      cache_->append_rows(cache);
    } else {
      cache_ = std::move(cache);
    }
    for (const auto& input : inputs) {
      const int64_t longest =
          std::min(config_.max_new_tokens, room_after(input));
      rows_.emplace_back(input, longest, config_);
    }
    const auto added = std::span(rows_).last(inputs.size());
    take_ids(added, decoder_->logits(last_positions(hidden, lengths)));
    share_time(start, added, &Answer::prefill_seconds);
    release_ended();
  }

  void step() {
    const auto start = Clock::now();
    fit_capacity();
    const auto ids = id_column(rows_, decoder_->lm_head->weight.device());
    take_ids(rows_, decode_step_.logits(ids, *cache_));
    share_time(start, rows_, &Answer::decode_seconds);
    release_ended();
  }

  /// Room for one more position a row at least. The cache grows as answers do,
  /// since room for the longest possible ones would mostly stay empty, and
  /// shrinks when a long one has left.
  void fit_capacity() {
    const int64_t used = cache_->max_length();
    const int64_t fitting = std::min(
        used + std::max(used, kFirstRoom), decoder_->options.max_positions());
    if (used == cache_->capacity() || cache_->capacity() > 2 * fitting) {
      cache_->set_capacity(fitting);
    }
  }

  /// Gives each row its next id; `logits` are (B, V).
  void take_ids(std::span<Row> rows, torch::Tensor logits) {
    if (rule_.size > 0) {
      ban_ngrams(logits, rows, rule_);
    }
    const auto numbers = candidates(logits, config_);
    const auto width = static_cast<size_t>(numbers.size(1));
    for (size_t b = 0; b < rows.size(); ++b) {
      int64_t id = 0;
      try {
        id = choose_id(
            {numbers.const_data_ptr<float>() + b * width, width},
            rows[b],
            config_);
      } catch (const NumericError& error) {
        rows[b].failure = error;
        rows[b].ended = true;
        continue;
      }
      take_id(rows[b], id);
    }
  }

  /// Gives a row its next id, and ends it where that ends the answer.
  void take_id(Row& row, int64_t id) {
    auto& answer = row.answer;
    if (id == eos_token_id_) {
      answer.stop = StopReason::kEos;
      row.ended = true;
      return;
    }
    answer.ids.push_back(id);
    if (callbacks_.on_id) {
      callbacks_.on_id(row.page, id);
    }
    if (row.loop.push(id)) {
      answer.stop = StopReason::kLoop;
      row.ended = true;
    } else if (static_cast<int64_t>(answer.ids.size()) == row.longest) {
      answer.stop = StopReason::kLength;
      row.ended = true;
    }
  }

  static void share_time(
      Clock::time_point start,
      std::span<Row> rows,
      double Answer::*seconds) {
    const double share =
        seconds_since(start) / static_cast<double>(rows.size());
    for (auto& row : rows) {
      row.answer.*seconds += share;
    }
  }

  /// Takes ended rows out of the batch and hands out what they found.
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
        callbacks_.on_answer(row.page, std::move(row.answer));
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
  const SearchCallbacks& callbacks_;
  const GenerationConfig& config_;
  NgramRule rule_;
  int64_t eos_token_id_;
  size_t max_rows_;
  std::vector<Row> rows_;
  /// Row b of it belongs to row b of `rows_`; none without rows.
  std::optional<decoder::KvCache> cache_;
};

} // namespace

void search(
    decoder::Decoder& decoder,
    const SearchCallbacks& callbacks,
    const GenerationConfig& config,
    int64_t eos_token_id,
    int64_t max_rows) {
  TORCH_CHECK_VALUE(
      max_rows >= 1, "search: max_rows must be at least 1, got ", max_rows);
  const torch::InferenceMode inference;
  Search(decoder, callbacks, config, eos_token_id, max_rows).run();
}

std::vector<Answer> search(
    decoder::Decoder& decoder,
    std::span<const SearchInput> inputs,
    const GenerationConfig& config,
    int64_t eos_token_id,
    int64_t first_page) {
  std::vector<Answer> answers(inputs.size());
  size_t begun = 0;
  SearchCallbacks callbacks;
  callbacks.next = [&]() -> std::optional<SearchInput> {
    if (begun == inputs.size()) {
      return std::nullopt;
    }
    SearchInput input = inputs[begun];
    input.page = first_page + static_cast<int64_t>(begun++);
    return input;
  };
  callbacks.on_answer = [&](int64_t page, Answer answer) {
    answers[page - first_page] = std::move(answer);
  };
  if (!inputs.empty()) {
    search(
        decoder,
        callbacks,
        config,
        eos_token_id,
        static_cast<int64_t>(inputs.size()));
  }
  return answers;
}

} // namespace microfiche::generation
