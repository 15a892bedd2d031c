#include "decoder/cpu/decode_layer.h"

#include "decoder/cpu/channel_tasks.h"
#include "decoder/cpu/decode_experts.h"
#include "decoder/cpu/decode_thread.h"
#include "kernels/cpu/one_query_attention.h"
#include "kernels/cpu/rotary.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace microfiche::decoder {
namespace {

/// The heads [first, last) of one position: rotates queries and keys, writes
/// keys and values to the cache, and attends. `row` is that of the buffers.
void attend_heads(
    DecodeThread& thread,
    const RawCache& cache,
    int64_t row,
    int64_t first,
    int64_t last) {
  const auto& sizes = thread.sizes;
  auto& buffers = thread.buffers;
  const int64_t bytes = sizes.element_size();
  const int64_t half = sizes.head_dim / 2;
  const auto& [cache_row, position, slot, keys] = cache.positions[row];
  const int64_t position_bytes = sizes.heads * sizes.head_dim * bytes;
  const int64_t first_head = first * sizes.head_dim * bytes;
  const int64_t in_buffer = row * position_bytes + first_head;
  const int64_t in_cache =
      (cache_row * cache.capacity + slot) * position_bytes + first_head;
  const int64_t copied_bytes = (last - first) * sizes.head_dim * bytes;
  if (cache.replaced_keys != nullptr) {
    std::memcpy(
        static_cast<char*>(cache.replaced_keys) + in_buffer,
        static_cast<const char*>(cache.keys) + in_cache,
        copied_bytes);
    std::memcpy(
        static_cast<char*>(cache.replaced_values) + in_buffer,
        static_cast<const char*>(cache.values) + in_cache,
        copied_bytes);
  }

  kernels::RotaryRows rotary;
  rotary.cos = static_cast<const char*>(cache.cos) + position * half * bytes;
  rotary.sin = static_cast<const char*>(cache.sin) + position * half * bytes;
  rotary.is_bf16 = sizes.is_bf16;
  rotary.heads = last - first;
  rotary.positions = 1;
  rotary.half = half;
  rotary.x_strides[1] = rotary.y_strides[1] = sizes.head_dim;
  rotary.x = rotary.y = buffers.q.data() + in_buffer;
  kernels::apply_rotary_cpu(rotary, 0, 1);
  rotary.x = buffers.k.data() + in_buffer;
  rotary.y = static_cast<char*>(cache.keys) + in_cache;
  kernels::apply_rotary_cpu(rotary, 0, 1);
  std::memcpy(
      static_cast<char*>(cache.values) + in_cache,
      buffers.v.data() + in_buffer,
      copied_bytes);

  kernels::OneQueryAttention attention;
  const int64_t row_bytes = cache.capacity * position_bytes;
  attention.q = buffers.q.data() + row * position_bytes;
  attention.y = buffers.attended.data() + row * position_bytes;
  attention.k = static_cast<const char*>(cache.keys) + cache_row * row_bytes;
  attention.v = static_cast<const char*>(cache.values) + cache_row * row_bytes;
  attention.head_stride = sizes.head_dim;
  attention.key_stride = sizes.heads * sizes.head_dim;
  attention.is_bf16 = sizes.is_bf16;
  attention.heads = sizes.heads;
  attention.keys = keys;
  attention.head_dim = sizes.head_dim;
  attention.scale = 1 / std::sqrt(static_cast<float>(sizes.head_dim));
  kernels::one_query_attention(attention, first, last);
}

void attend(
    const RawDecoderLayer& layer,
    const RawCache& cache,
    DecodeThread& thread) {
  auto& buffers = thread.buffers;
  thread.normalize(layer.attention_norm);
  const auto& normed = thread.scratch.normed;
  const kernels::LinearProduct projections[] = {
      thread.product(layer.q, normed, buffers.q),
      thread.product(layer.k, normed, buffers.k),
      thread.product(layer.v, normed, buffers.v)};
  ChannelTasks tasks;
  for (const auto& projection : projections) {
    tasks.add(projection);
  }
  tasks.run(thread.team, [&](int64_t i, int64_t begin, int64_t end) {
    kernels::linear_cpu(projections[i], begin, end);
  });
  thread.team.barrier();

  // Rows differ in length, so each thread takes some heads of every row. The
  // positions of a row follow each other: a position sees those before it, and
  // in a window it replaces one that those before it see.
  const int64_t heads = thread.sizes.heads;
  const int64_t count = thread.team.count();
  const auto& groups = *cache.groups;
  const auto num_groups = static_cast<int64_t>(groups.size()) - 1;
  thread.team.run_tasks(num_groups, [&](int64_t queue, int64_t group) {
    const int64_t first = heads * queue / count;
    const int64_t last = heads * (queue + 1) / count;
    // Several positions read the keys of one head from the cache.
    const bool is_block = groups[group + 1] - groups[group] > 1;
    const int64_t step = is_block ? 1 : std::max<int64_t>(1, last - first);
    for (int64_t head = first; head < last; head += step) {
      for (int64_t row = groups[group]; row < groups[group + 1]; ++row) {
        attend_heads(thread, cache, row, head, head + step);
      }
    }
  });
  thread.team.barrier();
  thread.add_product(layer.o, buffers.attended);
}

} // namespace

void run_decoder_layer(
    const RawDecoderLayer& layer,
    const DecodeSizes& sizes,
    const RawCache& cache,
    DecodeBuffers& buffers,
    DecodeScratch& scratch,
    kernels::TeamMember& team) {
  DecodeThread thread{sizes, buffers, scratch, team};
  attend(layer, cache, thread);
  thread.normalize(layer.mlp_norm);
  run_decoder_experts(layer, thread);
}

void run_decoder_head(
    const void* norm,
    const RawWeight& head,
    const DecodeSizes& sizes,
    DecodeBuffers& buffers,
    DecodeScratch& scratch,
    float* logits,
    kernels::TeamMember& team) {
  DecodeThread thread{sizes, buffers, scratch, team};
  thread.normalize(norm);
  auto product = thread.product(head, scratch.normed, buffers.rounded_logits);
  product.y = sizes.is_bf16 ? product.y : logits;
  ChannelTasks tasks;
  tasks.add(product);
  tasks.run(team, [&](int64_t, int64_t begin, int64_t end) {
    kernels::linear_cpu(product, begin, end);
    for (int64_t row = 0; sizes.is_bf16 && row < product.rows; ++row) {
      const int64_t first = row * product.out + begin;
      convert_to_float(
          static_cast<const uint16_t*>(product.y) + first,
          end - begin,
          logits + first);
    }
  });
  team.barrier();
}

} // namespace microfiche::decoder
