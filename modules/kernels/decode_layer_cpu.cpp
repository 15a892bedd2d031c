#include "kernels/decode_layer_cpu.h"

#include "kernels/channel_tasks.h"
#include "kernels/cpu_vector.h"
#include "kernels/one_query_attention.h"
#include "kernels/rms_norm_cpu.h"
#include "kernels/rotate_cpu.h"
#include "kernels/silu_product.h"

#include <algorithm>
#include <cmath>
#include <cstring>

// D = width, I = an expert's inner width, pairs are those of a row and one of
// its experts.

namespace microfiche::kernels {
namespace {

template <typename Number>
MICROFICHE_INLINE void add_numbers(const char* from, int64_t count, char* to) {
  const auto* added = reinterpret_cast<const Number*>(from);
  auto* sums = reinterpret_cast<Number*>(to);
  for (int64_t i = 0; i < count; ++i) {
    round_to(to_float(sums[i]) + to_float(added[i]), sums[i]);
  }
}

struct AddNumbersJob {
  bool is_bf16;
  const char* from;
  int64_t count;
  char* to;

  MICROFICHE_INLINE void run() const {
    if (is_bf16) {
      add_numbers<Bf16>(from, count, to);
    } else {
      add_numbers<float>(from, count, to);
    }
  }
};

struct ToFloatJob {
  const Bf16* from;
  int64_t count;
  float* to;

  MICROFICHE_INLINE void run() const {
    std::transform(
        from, from + count, to, [](Bf16 value) { return to_float(value); });
  }
};

/// One member on its way through a layer.
class LayerRun {
 public:
  LayerRun(
      const DecodeSizes& sizes,
      DecodeBuffers& buffers,
      DecodeScratch& scratch,
      TeamMember& member)
      : sizes_(sizes), buffers_(buffers), scratch_(scratch), member_(member) {}

  void normalize(const void* weight) {
    scratch_.normed.resize(buffers_.x.size());
    const RmsNormRows rows{
        buffers_.x.data(),
        weight,
        scratch_.normed.data(),
        sizes_.is_bf16,
        sizes_.width,
        sizes_.norm_eps};
    rms_norm_cpu(rows, 0, buffers_.rows);
  }

  void attend(const RawDecoderLayer& layer, const RawCache& cache) {
    normalize(layer.attention_norm);
    const LinearProduct projections[] = {
        product(layer.q, scratch_.normed, buffers_.q),
        product(layer.k, scratch_.normed, buffers_.k),
        product(layer.v, scratch_.normed, buffers_.v)};
    ChannelTasks tasks;
    for (const auto& projection : projections) {
      tasks.add(projection.out, projection.in);
    }
    tasks.run(member_, [&](int64_t i, int64_t begin, int64_t end) {
      linear_cpu(projections[i], begin, end);
    });
    member_.meet();

    // Rows are unevenly long: a share has some heads of each.
    const int64_t count = member_.count();
    member_.work_off(buffers_.rows, [&](int64_t share, int64_t row) {
      attend_heads(
          cache,
          row,
          sizes_.heads * share / count,
          sizes_.heads * (share + 1) / count);
    });
    member_.meet();
    add_product(layer.o, buffers_.attended);
  }

  void run_mlp(const RawDecoderLayer& layer) {
    normalize(layer.mlp_norm);
    run_shared_inner(layer);
    if (layer.experts.empty()) {
      multiply_inner(buffers_.shared_gate, buffers_.shared_up);
      member_.meet();
      add_product(layer.shared->down, buffers_.shared_gate);
      return;
    }
    choose(layer);
    run_routed_inner(layer);
    run_outer(layer);
    add_answers(layer);
  }

  void find_logits(const RawWeight& head, float* logits) {
    auto own = product(head, scratch_.normed, buffers_.rounded_logits);
    own.y = sizes_.is_bf16 ? own.y : logits;
    ChannelTasks tasks;
    tasks.add(own.out, own.in);
    tasks.run(member_, [&](int64_t, int64_t begin, int64_t end) {
      linear_cpu(own, begin, end);
      for (int64_t row = 0; sizes_.is_bf16 && row < own.rows; ++row) {
        const int64_t first = row * own.out + begin;
        run_vectorized(ToFloatJob{
            static_cast<const Bf16*>(own.y) + first,
            end - begin,
            logits + first});
      }
    });
    member_.meet();
  }

 private:
  LinearProduct product(
      const RawWeight& weight,
      const AlignedBytes& x,
      AlignedBytes& y) const {
    return product(weight, x.data(), buffers_.rows, y.data());
  }

  LinearProduct
  product(const RawWeight& weight, const void* x, int64_t rows, void* y) const {
    LinearProduct result;
    result.x = x;
    result.y = y;
    result.x_is_bf16 = sizes_.is_bf16;
    result.rows = rows;
    result.in = weight.in;
    result.out = weight.out;
    result.weight = weight.data;
    result.type = weight.type;
    result.scale = weight.scale;
    return result;
  }

  /// Turns queries and keys of a row, puts keys and values into the cache and
  /// attends, all for heads [first, last).
  void attend_heads(
      const RawCache& cache,
      int64_t row,
      int64_t first,
      int64_t last) {
    const int64_t bytes = sizes_.number_bytes();
    const int64_t half = sizes_.head_dim / 2;
    const int64_t position = cache.positions[row];
    const int64_t position_bytes = sizes_.heads * sizes_.head_dim * bytes;
    const int64_t held = (row * cache.capacity + position) * position_bytes;
    const int64_t here = row * position_bytes + first * sizes_.head_dim * bytes;
    const int64_t there = held + first * sizes_.head_dim * bytes;
    Turn turn;
    turn.cos = static_cast<const char*>(cache.cos) + position * half * bytes;
    turn.sin = static_cast<const char*>(cache.sin) + position * half * bytes;
    turn.is_bf16 = sizes_.is_bf16;
    turn.heads = last - first;
    turn.positions = 1;
    turn.half = half;
    turn.x_strides[1] = turn.y_strides[1] = sizes_.head_dim;
    turn.x = turn.y = buffers_.q.data() + here;
    rotate_cpu(turn, 0, 1);
    turn.x = buffers_.k.data() + here;
    turn.y = static_cast<char*>(cache.keys) + there;
    rotate_cpu(turn, 0, 1);
    std::memcpy(
        static_cast<char*>(cache.values) + there,
        buffers_.v.data() + here,
        (last - first) * sizes_.head_dim * bytes);

    OneQueryAttention attention;
    attention.q = buffers_.q.data();
    attention.y = buffers_.attended.data();
    attention.k = cache.keys;
    attention.v = cache.values;
    attention.row_stride = cache.capacity * sizes_.heads * sizes_.head_dim;
    attention.head_stride = sizes_.head_dim;
    attention.key_stride = sizes_.heads * sizes_.head_dim;
    attention.is_bf16 = sizes_.is_bf16;
    attention.heads = sizes_.heads;
    attention.keys = position + 1;
    attention.head_dim = sizes_.head_dim;
    attention.scale = 1 / std::sqrt(static_cast<float>(sizes_.head_dim));
    one_query_attention(
        attention, row * sizes_.heads + first, row * sizes_.heads + last);
  }

  /// Adds channels [begin, end) of all rows of (rows, D) to others.
  void add_channels(
      const AlignedBytes& from,
      AlignedBytes& to,
      int64_t begin,
      int64_t end) const {
    for (int64_t row = 0; row < buffers_.rows; ++row) {
      const int64_t offset =
          (row * sizes_.width + begin) * sizes_.number_bytes();
      run_vectorized(AddNumbersJob{
          sizes_.is_bf16,
          from.data() + offset,
          end - begin,
          to.data() + offset});
    }
  }

  /// Adds the product of `from` to `x`.
  void add_product(const RawWeight& weight, const AlignedBytes& from) {
    const auto own = product(weight, from, buffers_.added);
    ChannelTasks tasks;
    tasks.add(own.out, own.in);
    tasks.run(member_, [&](int64_t, int64_t begin, int64_t end) {
      linear_cpu(own, begin, end);
      add_channels(buffers_.added, buffers_.x, begin, end);
    });
    member_.meet();
  }

  /// This member's part of silu(gate(x)) * up(x), in the place of the gate.
  void multiply_inner(AlignedBytes& gate, const AlignedBytes& up) {
    const int64_t bytes = sizes_.number_bytes();
    const auto numbers = static_cast<int64_t>(gate.size()) / bytes;
    const int64_t begin = numbers * member_.index() / member_.count();
    const int64_t end = numbers * (member_.index() + 1) / member_.count();
    silu_product_cpu(
        gate.data() + begin * bytes,
        up.data() + begin * bytes,
        gate.data() + begin * bytes,
        sizes_.is_bf16,
        end - begin);
  }

  /// The router's logits, and what the shared experts have between their
  /// layers.
  void run_shared_inner(const RawDecoderLayer& layer) {
    ChannelTasks tasks;
    LinearProduct router;
    const bool routes = !layer.experts.empty();
    tasks.add(routes ? layer.router.out : 0, layer.router.in + 1);
    if (routes) {
      router = product(
          layer.router,
          as_floats(scratch_.normed),
          buffers_.rows,
          buffers_.router_logits.data());
      router.x_is_bf16 = false;
    }
    LinearProduct gate;
    LinearProduct up;
    if (layer.shared) {
      gate = product(layer.shared->gate, scratch_.normed, buffers_.shared_gate);
      up = product(layer.shared->up, scratch_.normed, buffers_.shared_up);
      tasks.add(gate.out, gate.in);
      tasks.add(up.out, up.in);
    }
    tasks.run(member_, [&](int64_t i, int64_t begin, int64_t end) {
      linear_cpu(i == 0 ? router : i == 1 ? gate : up, begin, end);
    });
    member_.meet();
  }

  /// The same numbers in float32.
  const float* as_floats(const AlignedBytes& numbers) {
    if (!sizes_.is_bf16) {
      return reinterpret_cast<const float*>(numbers.data());
    }
    const auto count = static_cast<int64_t>(numbers.size() / sizeof(Bf16));
    scratch_.normed32.resize(count);
    run_vectorized(ToFloatJob{
        reinterpret_cast<const Bf16*>(numbers.data()),
        count,
        scratch_.normed32.data()});
    return scratch_.normed32.data();
  }

  void choose(const RawDecoderLayer& layer) {
    const auto num_experts = static_cast<int64_t>(layer.experts.size());
    const int64_t top_k = sizes_.choice.top_k;
    scratch_.router_logits = buffers_.router_logits;
    scratch_.expert_ids.resize(buffers_.rows * top_k);
    scratch_.expert_weights.resize(buffers_.rows * top_k);
    for (int64_t row = 0; row < buffers_.rows; ++row) {
      choose_experts(
          sizes_.choice,
          scratch_.router_logits.data() + row * num_experts,
          scratch_.expert_ids.data() + row * top_k,
          scratch_.expert_weights.data() + row * top_k);
    }
    scratch_.pairs.sort(
        scratch_.expert_ids.data(), buffers_.rows * top_k, num_experts);
    asked_.clear();
    for (int64_t e = 0; e < num_experts; ++e) {
      if (count_of(e) > 0) {
        asked_.push_back(e);
      }
    }
  }

  int64_t begin_of(int64_t expert) const {
    return scratch_.pairs.begins[expert];
  }
  int64_t count_of(int64_t expert) const {
    return begin_of(expert + 1) - begin_of(expert);
  }

  /// The rows that go to an expert, one after the other.
  const void* gather(int64_t expert) {
    const int64_t row_bytes = sizes_.width * sizes_.number_bytes();
    const int64_t top_k = sizes_.choice.top_k;
    const auto* pairs = scratch_.pairs.pairs.data() + begin_of(expert);
    const auto row_of = [&](int64_t i) {
      return scratch_.normed.data() + pairs[i] / top_k * row_bytes;
    };
    if (count_of(expert) == 1) {
      return row_of(0);
    }
    scratch_.gathered.resize(scratch_.normed.size());
    for (int64_t i = 0; i < count_of(expert); ++i) {
      std::memcpy(
          scratch_.gathered.data() + i * row_bytes, row_of(i), row_bytes);
    }
    return scratch_.gathered.data();
  }

  /// Numbers of the pairs of an expert in a buffer of so many channels.
  char* at_pairs(AlignedBytes& buffer, int64_t expert, int64_t channels) {
    return buffer.data() + begin_of(expert) * channels * sizes_.number_bytes();
  }

  void run_routed_inner(const RawDecoderLayer& layer) {
    ChannelTasks tasks;
    for (const int64_t e : asked_) {
      tasks.add(layer.experts[e].gate.out, layer.experts[e].gate.in);
      tasks.add(layer.experts[e].up.out, layer.experts[e].up.in);
    }
    tasks.run(member_, [&](int64_t i, int64_t begin, int64_t end) {
      const int64_t e = asked_[i / 2];
      const auto& expert = layer.experts[e];
      const auto& weight = i % 2 == 0 ? expert.gate : expert.up;
      auto& y = i % 2 == 0 ? buffers_.gate : buffers_.up;
      linear_cpu(
          product(weight, gather(e), count_of(e), at_pairs(y, e, weight.out)),
          begin,
          end);
    });
    member_.meet();
    multiply_inner(buffers_.gate, buffers_.up);
    if (layer.shared) {
      multiply_inner(buffers_.shared_gate, buffers_.shared_up);
    }
    member_.meet();
  }

  /// The last products of all experts; the shared ones' goes to `added`.
  void run_outer(const RawDecoderLayer& layer) {
    ChannelTasks tasks;
    for (const int64_t e : asked_) {
      tasks.add(layer.experts[e].down.out, layer.experts[e].down.in);
    }
    if (layer.shared) {
      tasks.add(layer.shared->down.out, layer.shared->down.in);
    }
    tasks.run(member_, [&](int64_t i, int64_t begin, int64_t end) {
      if (i == static_cast<int64_t>(asked_.size())) {
        linear_cpu(
            product(layer.shared->down, buffers_.shared_gate, buffers_.added),
            begin,
            end);
        return;
      }
      const int64_t e = asked_[i];
      const auto& down = layer.experts[e].down;
      linear_cpu(
          product(
              down,
              at_pairs(buffers_.gate, e, down.in),
              count_of(e),
              at_pairs(buffers_.answers, e, down.out)),
          begin,
          end);
    });
    member_.meet();
  }

  /// Adds what the experts answered to `x`, each member to its own channels.
  void add_answers(const RawDecoderLayer& layer) {
    const int64_t begin = sizes_.width * member_.index() / member_.count();
    const int64_t end = sizes_.width * (member_.index() + 1) / member_.count();
    auto& sums = buffers_.routed;
    ExpertAnswers sum;
    sum.answers = buffers_.answers.data();
    sum.places = scratch_.pairs.places.data();
    sum.weights = scratch_.expert_weights.data();
    sum.y = sums.data();
    sum.is_bf16 = sizes_.is_bf16;
    sum.top_k = sizes_.choice.top_k;
    sum.width = sizes_.width;
    add_expert_answers(sum, 0, buffers_.rows, begin, end);
    if (layer.shared) {
      add_channels(buffers_.added, sums, begin, end);
    }
    add_channels(sums, buffers_.x, begin, end);
    member_.meet();
  }

  const DecodeSizes& sizes_;
  DecodeBuffers& buffers_;
  DecodeScratch& scratch_;
  TeamMember& member_;
  /// The experts that have rows.
  std::vector<int64_t> asked_;
};

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
    TeamMember& member) {
  LayerRun run(sizes, buffers, scratch, member);
  run.attend(layer, cache);
  run.run_mlp(layer);
}

void run_decoder_head(
    const void* norm,
    const RawWeight& head,
    const DecodeSizes& sizes,
    DecodeBuffers& buffers,
    DecodeScratch& scratch,
    float* logits,
    TeamMember& member) {
  LayerRun run(sizes, buffers, scratch, member);
  run.normalize(norm);
  run.find_logits(head, logits);
}

} // namespace microfiche::kernels
