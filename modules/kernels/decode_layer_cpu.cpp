#include "kernels/decode_layer_cpu.h"

#include "kernels/channel_tasks.h"
#include "kernels/decode_experts_cpu.h"
#include "kernels/decode_member.h"
#include "kernels/one_query_attention.h"
#include "kernels/rotate_cpu.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace microfiche::kernels {
namespace {

/// Turns queries and keys of a row, puts keys and values into the cache and
/// attends, all for heads [first, last).
void attend_heads(
    DecodeMember& member,
    const RawCache& cache,
    int64_t row,
    int64_t first,
    int64_t last) {
  const int64_t bytes = member.sizes.number_bytes();
  const int64_t half = member.sizes.head_dim / 2;
  const int64_t position = cache.positions[row];
  const int64_t position_bytes =
      member.sizes.heads * member.sizes.head_dim * bytes;
  const int64_t held = (row * cache.capacity + position) * position_bytes;
  const int64_t here =
      row * position_bytes + first * member.sizes.head_dim * bytes;
  const int64_t there = held + first * member.sizes.head_dim * bytes;
  Turn turn;
  turn.cos = static_cast<const char*>(cache.cos) + position * half * bytes;
  turn.sin = static_cast<const char*>(cache.sin) + position * half * bytes;
  turn.is_bf16 = member.sizes.is_bf16;
  turn.heads = last - first;
  turn.positions = 1;
  turn.half = half;
  turn.x_strides[1] = turn.y_strides[1] = member.sizes.head_dim;
  turn.x = turn.y = member.buffers.q.data() + here;
  rotate_cpu(turn, 0, 1);
  turn.x = member.buffers.k.data() + here;
  turn.y = static_cast<char*>(cache.keys) + there;
  rotate_cpu(turn, 0, 1);
  std::memcpy(
      static_cast<char*>(cache.values) + there,
      member.buffers.v.data() + here,
      (last - first) * member.sizes.head_dim * bytes);

  OneQueryAttention attention;
  attention.q = member.buffers.q.data();
  attention.y = member.buffers.attended.data();
  attention.k = cache.keys;
  attention.v = cache.values;
  attention.row_stride =
      cache.capacity * member.sizes.heads * member.sizes.head_dim;
  attention.head_stride = member.sizes.head_dim;
  attention.key_stride = member.sizes.heads * member.sizes.head_dim;
  attention.is_bf16 = member.sizes.is_bf16;
  attention.heads = member.sizes.heads;
  attention.keys = position + 1;
  attention.head_dim = member.sizes.head_dim;
  attention.scale = 1 / std::sqrt(static_cast<float>(member.sizes.head_dim));
  one_query_attention(
      attention,
      row * member.sizes.heads + first,
      row * member.sizes.heads + last);
}

void attend(
    const RawDecoderLayer& layer,
    const RawCache& cache,
    DecodeMember& member) {
  member.normalize(layer.attention_norm);
  const LinearProduct projections[] = {
      member.product(layer.q, member.scratch.normed, member.buffers.q),
      member.product(layer.k, member.scratch.normed, member.buffers.k),
      member.product(layer.v, member.scratch.normed, member.buffers.v)};
  ChannelTasks tasks;
  for (const auto& projection : projections) {
    tasks.add(projection.out, projection.in);
  }
  tasks.run(member.team, [&](int64_t i, int64_t begin, int64_t end) {
    linear_cpu(projections[i], begin, end);
  });
  member.team.meet();

  // Rows are unevenly long: a share has some heads of each.
  const int64_t count = member.team.count();
  member.team.work_off(member.buffers.rows, [&](int64_t share, int64_t row) {
    attend_heads(
        member,
        cache,
        row,
        member.sizes.heads * share / count,
        member.sizes.heads * (share + 1) / count);
  });
  member.team.meet();
  member.add_product(layer.o, member.buffers.attended);
}

void find_logits(const RawWeight& head, float* logits, DecodeMember& member) {
  auto own = member.product(
      head, member.scratch.normed, member.buffers.rounded_logits);
  own.y = member.sizes.is_bf16 ? own.y : logits;
  ChannelTasks tasks;
  tasks.add(own.out, own.in);
  tasks.run(member.team, [&](int64_t, int64_t begin, int64_t end) {
    linear_cpu(own, begin, end);
    for (int64_t row = 0; member.sizes.is_bf16 && row < own.rows; ++row) {
      const int64_t first = row * own.out + begin;
      convert_to_float(
          static_cast<const uint16_t*>(own.y) + first,
          end - begin,
          logits + first);
    }
  });
  member.team.meet();
}

} // namespace

DecodeBuffers make_decode_buffers(
    const DecodeSizes& sizes,
    const std::vector<RawDecoderLayer>& layers,
    int64_t vocab_size,
    int64_t rows) {
  int64_t shared_inner = 0;
  int64_t inner = 0;
  size_t num_experts = 0;
  for (const auto& layer : layers) {
    num_experts = std::max(num_experts, layer.experts.size());
    if (layer.shared) {
      shared_inner = std::max(shared_inner, layer.shared->gate.out);
    }
    if (!layer.experts.empty()) {
      inner = std::max(inner, layer.experts[0].gate.out);
    }
  }
  const int64_t bytes = sizes.number_bytes();
  const int64_t pairs = rows * sizes.choice.top_k;
  DecodeBuffers buffers;
  buffers.rows = rows;
  for (auto* numbers :
       {&buffers.q, &buffers.k, &buffers.v, &buffers.attended}) {
    numbers->resize(rows * sizes.heads * sizes.head_dim * bytes);
  }
  for (auto* numbers : {&buffers.x, &buffers.added, &buffers.routed}) {
    numbers->resize(rows * sizes.width * bytes);
  }
  for (auto* numbers : {&buffers.shared_gate, &buffers.shared_up}) {
    numbers->resize(rows * shared_inner * bytes);
  }
  for (auto* numbers : {&buffers.gate, &buffers.up}) {
    numbers->resize(pairs * inner * bytes);
  }
  buffers.answers.resize(pairs * sizes.width * bytes);
  buffers.router_logits.resize(rows * num_experts);
  buffers.rounded_logits.resize(sizes.is_bf16 ? rows * vocab_size * bytes : 0);
  return buffers;
}

void run_decoder_layer(
    const RawDecoderLayer& layer,
    const DecodeSizes& sizes,
    const RawCache& cache,
    DecodeBuffers& buffers,
    DecodeScratch& scratch,
    TeamMember& team) {
  DecodeMember member{sizes, buffers, scratch, team};
  attend(layer, cache, member);
  member.normalize(layer.mlp_norm);
  run_decoder_experts(layer, member);
}

void run_decoder_head(
    const void* norm,
    const RawWeight& head,
    const DecodeSizes& sizes,
    DecodeBuffers& buffers,
    DecodeScratch& scratch,
    float* logits,
    TeamMember& team) {
  DecodeMember member{sizes, buffers, scratch, team};
  member.normalize(norm);
  find_logits(head, logits, member);
}

} // namespace microfiche::kernels
