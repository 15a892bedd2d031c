#include "decoder/attention_context.h"

#include <torch/torch.h>

#include <algorithm>
#include <functional>

// B = rows, L = new positions, K = keys.

namespace microfiche::decoder {
namespace {

// True for the keys that each query sees with a window, (B or 1, 1, L, K); see
// Note [Attention windows]. Queries and keys are positions, (B or 1, L) and
// (B or 1, K), where -1 is no key; prompts are lengths, (B).
torch::Tensor visible_in_window(
    const torch::Tensor& queries,
    const torch::Tensor& keys,
    const torch::Tensor& prompts,
    int64_t window) {
  const auto q = queries.unsqueeze(2); // (B, L, 1)
  const auto k = keys.unsqueeze(1); // (B, 1, K)
  const auto in_prompt = k < prompts.unsqueeze(1).unsqueeze(2);
  return ((k >= 0) & (k <= q) & (in_prompt | (q - k < window))).unsqueeze(1);
}

torch::Tensor index_tensor(
    const std::vector<int64_t>& numbers,
    const torch::Device& device) {
  return torch::tensor(numbers, torch::kInt64).to(device);
}

// The positions whose keys are in a row's first `count` slots; -1 for an empty
// slot.
std::vector<int64_t>
positions_in_slots(const KvCache& cache, int64_t row, int64_t count) {
  const int64_t length = cache.lengths()[row];
  const int64_t prompt = cache.prompt_lengths()[row];
  const int64_t window = cache.window();
  std::vector<int64_t> positions(count, -1);
  // In the ring, later positions take the place of earlier ones.
  const int64_t first_kept = std::max(prompt, length - window);
  for (int64_t position = 0; position < std::min(prompt, length); ++position) {
    positions[position] = position;
  }
  for (int64_t position = first_kept; position < length; ++position) {
    positions[cache.slot(row, position)] = position;
  }
  return positions;
}

// One new position in every row, after the prompt in some.
void add_window_step(
    AttentionContext& context,
    const KvCache& cache,
    const torch::Device& device) {
  std::vector<int64_t> slots;
  std::vector<int64_t> filled;
  for (int64_t row = 0; row < cache.batch(); ++row) {
    const int64_t position = cache.lengths()[row];
    slots.push_back(cache.slot(row, position));
    filled.push_back(cache.filled_slots(row, position + 1));
  }
  const auto is_uniform = [](const std::vector<int64_t>& numbers) {
    return std::adjacent_find(
               numbers.begin(), numbers.end(), std::not_equal_to<>()) ==
        numbers.end();
  };
  context.causal = false;
  context.num_keys = cache.max_slots(1);
  if (!is_uniform(filled)) {
    context.visible = torch::arange(
                          context.num_keys,
                          torch::TensorOptions(torch::kInt64).device(device)) <
        index_tensor(filled, device).view({-1, 1, 1, 1});
  }
  if (is_uniform(slots)) {
    context.write_begin = slots[0];
  } else {
    context.write_slots = index_tensor(slots, device).unsqueeze(1); // (B, 1)
    context.write_rows =
        torch::arange(cache.batch(), context.write_slots.options())
            .unsqueeze(1); // (B, 1)
  }
}

// Several new positions, (B, L), or none in some rows; see
// `AttentionContext::joins_new`.
void add_window_positions(
    AttentionContext& context,
    const KvCache& cache,
    const torch::Tensor& positions,
    const std::vector<int64_t>& lengths) {
  const auto device = positions.device();
  context.causal = false;
  context.joins_new = true;
  context.num_keys = cache.max_slots();
  std::vector<int64_t> held;
  std::vector<int64_t> rows;
  std::vector<int64_t> steps;
  std::vector<int64_t> slots;
  for (int64_t row = 0; row < cache.batch(); ++row) {
    const auto in_slots = positions_in_slots(cache, row, context.num_keys);
    held.insert(held.end(), in_slots.begin(), in_slots.end());
    const int64_t begin = cache.lengths()[row];
    const int64_t end = begin + lengths[row];
    for (int64_t position = begin; position < end; ++position) {
      // Each slot is written once, by the last of its positions.
      if (position < cache.prompt_lengths()[row] ||
          position >= end - cache.window()) {
        rows.push_back(row);
        steps.push_back(position - begin);
        slots.push_back(cache.slot(row, position));
      }
    }
  }
  const auto keys = torch::cat(
      {index_tensor(held, device).view({cache.batch(), context.num_keys}),
       positions},
      /*dim=*/1);
  context.visible = visible_in_window(
      positions,
      keys,
      index_tensor(cache.prompt_lengths(), device),
      cache.window());
  context.write_rows = index_tensor(rows, device);
  context.write_steps = index_tensor(steps, device);
  context.write_slots = index_tensor(slots, device);
}

// Whether the call stays in the prompts, where a window does nothing.
bool is_in_prompts(const KvCache& cache, const std::vector<int64_t>& lengths) {
  for (int64_t row = 0; row < cache.batch(); ++row) {
    if (cache.lengths()[row] + lengths[row] > cache.prompt_lengths()[row]) {
      return false;
    }
  }
  return true;
}

AttentionContext make_cached_window_context(
    int64_t num_new,
    const KvCache& cache,
    int64_t head_dim,
    double rope_theta,
    const torch::TensorOptions& like,
    const std::vector<int64_t>& lengths) {
  int64_t slots = 0;
  for (int64_t row = 0; row < cache.batch(); ++row) {
    slots = std::max(
        slots, cache.filled_slots(row, cache.lengths()[row] + lengths[row]));
  }
  TORCH_CHECK(
      slots <= cache.capacity(),
      "Decoder: ",
      slots,
      " slots of the prompt and the window exceed the cache's capacity of ",
      cache.capacity(),
      "; make a larger cache");
  AttentionContext context;
  const auto steps =
      torch::arange(
          num_new, torch::TensorOptions(torch::kInt64).device(like.device()))
          .unsqueeze(0); // (1, L)
  const auto positions =
      steps + index_tensor(cache.lengths(), like.device()).unsqueeze(1);
  context.rotation = layers::make_rotation(
      positions, head_dim, rope_theta, c10::typeMetaToScalarType(like.dtype()));
  const bool is_step = num_new == 1 &&
      std::find(lengths.begin(), lengths.end(), 0) == lengths.end();
  if (is_step) {
    add_window_step(context, cache, like.device());
  } else {
    add_window_positions(context, cache, positions, lengths);
  }
  return context;
}

} // namespace

torch::Tensor visible_keys(const torch::Tensor& positions, int64_t num_keys) {
  return torch::arange(num_keys, positions.options()) <=
      positions.unsqueeze(1).unsqueeze(-1);
}

AttentionContext make_attention_context(
    int64_t num_new,
    const KvCache* cache,
    int64_t head_dim,
    double rope_theta,
    const torch::TensorOptions& like,
    const std::vector<int64_t>& lengths) {
  if (cache != nullptr && cache->window() > 0) {
    TORCH_CHECK(
        !cache->prompt_lengths().empty(),
        "Decoder: the cache has a window of ",
        cache->window(),
        ": state each row's prompt with set_prompt_lengths first");
    const auto added = lengths.empty()
        ? std::vector<int64_t>(cache->batch(), num_new)
        : lengths;
    if (!is_in_prompts(*cache, added)) {
      return make_cached_window_context(
          num_new, *cache, head_dim, rope_theta, like, added);
    }
  }
  const auto index = torch::TensorOptions(torch::kInt64).device(like.device());
  const auto dtype = c10::typeMetaToScalarType(like.dtype());
  AttentionContext context;
  if (cache == nullptr) {
    context.rotation = layers::make_rotation(
        torch::arange(num_new, index).unsqueeze(0),
        head_dim,
        rope_theta,
        dtype);
    return context;
  }

  const auto& begins = cache->lengths();
  const auto [shortest, longest] =
      std::minmax_element(begins.begin(), begins.end());
  context.num_keys = *longest + num_new;
  TORCH_CHECK(
      context.num_keys <= cache->capacity(),
      "Decoder: ",
      num_new,
      " positions after the ",
      *longest,
      " of the longest row exceed the cache's capacity of ",
      cache->capacity(),
      "; make a larger cache");

  const auto steps = torch::arange(num_new, index).unsqueeze(0); // (1, L)
  auto positions = steps + *longest;
  if (*shortest == *longest) {
    context.write_begin = *longest;
    context.causal = *longest == 0;
    if (!context.causal && num_new > 1) {
      context.visible = visible_keys(positions, context.num_keys);
    }
  } else {
    positions =
        steps + index_tensor(begins, like.device()).unsqueeze(1); // (B, L)
    context.causal = false;
    context.visible = visible_keys(positions, context.num_keys);
    context.write_slots = positions;
    context.write_rows =
        torch::arange(cache->batch(), index).unsqueeze(1); // (B, 1)
  }
  context.rotation =
      layers::make_rotation(positions, head_dim, rope_theta, dtype);
  return context;
}

AttentionContext make_window_context(
    int64_t num_new,
    int64_t window,
    const std::vector<int64_t>& prompt_lengths,
    int64_t head_dim,
    double rope_theta,
    const torch::TensorOptions& like) {
  auto context = make_attention_context(
      num_new, /*cache=*/nullptr, head_dim, rope_theta, like);
  const int64_t shortest =
      *std::min_element(prompt_lengths.begin(), prompt_lengths.end());
  if (num_new - shortest > window) {
    const auto positions =
        torch::arange(
            num_new, torch::TensorOptions(torch::kInt64).device(like.device()))
            .unsqueeze(0); // (1, L)
    context.causal = false;
    context.visible = visible_in_window(
        positions,
        positions,
        index_tensor(prompt_lengths, like.device()),
        window);
  }
  return context;
}

AttentionContext make_step_context(
    const torch::Tensor& places,
    const KvCache& cache,
    int64_t head_dim,
    double rope_theta,
    torch::Dtype dtype) {
  const auto place = places.unsqueeze(2).unbind(0); // (B, 1) each
  AttentionContext context;
  context.write_slots = place[1];
  context.write_rows =
      torch::arange(cache.batch(), places.options()).unsqueeze(1); // (B, 1)
  context.causal = false;
  context.num_keys = cache.capacity();
  // The last of the filled slots is visible, too.
  context.visible = visible_keys(place[2] - 1, context.num_keys);
  context.rotation =
      layers::make_rotation(place[0], head_dim, rope_theta, dtype);
  return context;
}

} // namespace microfiche::decoder
