#include "decoder/cpu/decode_layer.h"

#include "decoder/cpu/channel_tasks.h"
#include "decoder/cpu/decode_experts.h"
#include "decoder/cpu/decode_thread.h"
#include "kernels/cpu/one_query_attention.h"
#include "kernels/cpu/rotary.h"

#include <cmath>
#include <cstring>

namespace microfiche::decoder {
namespace {

/// The heads [first, last) of one row: rotates queries and keys, writes keys
/// and values to the cache, and attends.
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
  const auto& [position, slot, keys] = cache.positions[row];
  const int64_t position_bytes = sizes.heads * sizes.head_dim * bytes;
  const int64_t first_head = first * sizes.head_dim * bytes;
  const int64_t in_buffer = row * position_bytes + first_head;
  const int64_t in_cache =
      (row * cache.capacity + slot) * position_bytes + first_head;

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
      (last - first) * sizes.head_dim * bytes);

  kernels::OneQueryAttention attention;
  attention.q = buffers.q.data();
  attention.y = buffers.attended.data();
  attention.k = cache.keys;
  attention.v = cache.values;
  attention.row_stride = cache.capacity * sizes.heads * sizes.head_dim;
  attention.head_stride = sizes.head_dim;
  attention.key_stride = sizes.heads * sizes.head_dim;
  attention.is_bf16 = sizes.is_bf16;
  attention.heads = sizes.heads;
  attention.keys = keys;
  attention.head_dim = sizes.head_dim;
  attention.scale = 1 / std::sqrt(static_cast<float>(sizes.head_dim));
  kernels::one_query_attention(
      attention, row * sizes.heads + first, row * sizes.heads + last);
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
    tasks.add(projection.out, projection.in);
  }
  tasks.run(thread.team, [&](int64_t i, int64_t begin, int64_t end) {
    kernels::linear_cpu(projections[i], begin, end);
  });
  thread.team.barrier();

  // Rows differ in length, so each thread takes some heads of every row.
  const int64_t heads = thread.sizes.heads;
  const int64_t count = thread.team.count();
  thread.team.run_tasks(buffers.rows, [&](int64_t queue, int64_t row) {
    attend_heads(
        thread, cache, row, heads * queue / count, heads * (queue + 1) / count);
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
  tasks.add(product.out, product.in);
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
