#include "decoder/cpu/decode_experts.h"

#include "decoder/cpu/channel_tasks.h"
#include "decoder/cpu/top_k_routing.h"
#include "kernels/cpu/expert_pairs.h"

#include <cstring>
#include <vector>

// A pair is a row and one of its experts.

namespace microfiche::decoder {
namespace {

using kernels::AlignedBytes;
using kernels::linear_cpu;
using kernels::LinearProduct;

/// One thread's pass through the experts of a layer.
class ExpertsPass {
 public:
  explicit ExpertsPass(DecodeThread& thread)
      : thread_(thread), buffers_(thread.buffers), scratch_(thread.scratch) {}

  void run(const RawDecoderLayer& layer) {
    run_router_and_shared_inner(layer);
    if (layer.experts.empty()) {
      thread_.apply_silu_product(buffers_.shared_gate, buffers_.shared_up);
      thread_.team.barrier();
      thread_.add_product(layer.shared->down, buffers_.shared_gate);
      return;
    }
    choose_experts(layer);
    run_routed_inner(layer);
    run_down(layer);
    add_outputs(layer);
  }

 private:
  /// The router's logits, and gate and up of the shared experts.
  void run_router_and_shared_inner(const RawDecoderLayer& layer) {
    ChannelTasks tasks;
    LinearProduct router;
    const bool routes = !layer.experts.empty();
    tasks.add(routes ? layer.router.out : 0, layer.router.in + 1);
    if (routes) {
      router = thread_.product(
          layer.router,
          as_floats(scratch_.normed),
          buffers_.rows,
          buffers_.router_logits.data());
      router.x_is_bf16 = false;
    }
    LinearProduct gate;
    LinearProduct up;
    if (layer.shared) {
      gate = thread_.product(
          layer.shared->gate, scratch_.normed, buffers_.shared_gate);
      up = thread_.product(
          layer.shared->up, scratch_.normed, buffers_.shared_up);
      tasks.add(gate);
      tasks.add(up);
    }
    tasks.run(thread_.team, [&](int64_t i, int64_t begin, int64_t end) {
      linear_cpu(i == 0 ? router : i == 1 ? gate : up, begin, end);
    });
    thread_.team.barrier();
  }

  const float* as_floats(const AlignedBytes& numbers) {
    if (!thread_.sizes.is_bf16) {
      return reinterpret_cast<const float*>(numbers.data());
    }
    const auto count = static_cast<int64_t>(numbers.size() / sizeof(uint16_t));
    scratch_.normed32.resize(count);
    convert_to_float(
        reinterpret_cast<const uint16_t*>(numbers.data()),
        count,
        scratch_.normed32.data());
    return scratch_.normed32.data();
  }

  void choose_experts(const RawDecoderLayer& layer) {
    const auto num_experts = static_cast<int64_t>(layer.experts.size());
    const int64_t top_k = thread_.sizes.routing.top_k;
    scratch_.router_logits = buffers_.router_logits;
    scratch_.expert_ids.resize(buffers_.rows * top_k);
    scratch_.expert_weights.resize(buffers_.rows * top_k);
    for (int64_t row = 0; row < buffers_.rows; ++row) {
      route_token(
          thread_.sizes.routing,
          scratch_.router_logits.data() + row * num_experts,
          scratch_.expert_ids.data() + row * top_k,
          scratch_.expert_weights.data() + row * top_k);
    }
    scratch_.pairs.sort(
        scratch_.expert_ids.data(), buffers_.rows * top_k, num_experts);
    active_.clear();
    for (int64_t e = 0; e < num_experts; ++e) {
      if (count_of(e) > 0) {
        active_.push_back(e);
      }
    }
  }

  int64_t begin_of(int64_t expert) const {
    return scratch_.pairs.begins[expert];
  }
  int64_t count_of(int64_t expert) const {
    return begin_of(expert + 1) - begin_of(expert);
  }

  /// The rows of an expert, contiguous.
  const void* gather(int64_t expert) {
    const int64_t row_bytes =
        thread_.sizes.width * thread_.sizes.element_size();
    const int64_t top_k = thread_.sizes.routing.top_k;
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

  /// The rows of an expert's pairs in a buffer of `channels` channels.
  char* at_pairs(AlignedBytes& buffer, int64_t expert, int64_t channels) {
    return buffer.data() +
        begin_of(expert) * channels * thread_.sizes.element_size();
  }

  void run_routed_inner(const RawDecoderLayer& layer) {
    ChannelTasks tasks;
    for (const int64_t e : active_) {
      tasks.add(layer.experts[e].gate);
      tasks.add(layer.experts[e].up);
    }
    tasks.run(thread_.team, [&](int64_t i, int64_t begin, int64_t end) {
      const int64_t e = active_[i / 2];
      const auto& expert = layer.experts[e];
      const auto& weight = i % 2 == 0 ? expert.gate : expert.up;
      auto& y = i % 2 == 0 ? buffers_.gate : buffers_.up;
      linear_cpu(
          thread_.product(
              weight, gather(e), count_of(e), at_pairs(y, e, weight.out)),
          begin,
          end);
    });
    thread_.team.barrier();
    thread_.apply_silu_product(buffers_.gate, buffers_.up);
    if (layer.shared) {
      thread_.apply_silu_product(buffers_.shared_gate, buffers_.shared_up);
    }
    thread_.team.barrier();
  }

  /// The down projections of all experts; that of the shared ones writes to
  /// `added`.
  void run_down(const RawDecoderLayer& layer) {
    ChannelTasks tasks;
    for (const int64_t e : active_) {
      tasks.add(layer.experts[e].down);
    }
    if (layer.shared) {
      tasks.add(layer.shared->down);
    }
    tasks.run(thread_.team, [&](int64_t i, int64_t begin, int64_t end) {
      if (i == static_cast<int64_t>(active_.size())) {
        linear_cpu(
            thread_.product(
                layer.shared->down, buffers_.shared_gate, buffers_.added),
            begin,
            end);
        return;
      }
      const int64_t e = active_[i];
      const auto& down = layer.experts[e].down;
      linear_cpu(
          thread_.product(
              down,
              at_pairs(buffers_.gate, e, down.in),
              count_of(e),
              at_pairs(buffers_.expert_outputs, e, down.out)),
          begin,
          end);
    });
    thread_.team.barrier();
  }

  /// Adds the outputs of the experts to `x`; each thread has its own channels.
  void add_outputs(const RawDecoderLayer& layer) {
    const auto& sizes = thread_.sizes;
    const auto& team = thread_.team;
    const int64_t begin = sizes.width * team.index() / team.count();
    const int64_t end = sizes.width * (team.index() + 1) / team.count();
    kernels::ExpertOutputs outputs;
    outputs.outputs = buffers_.expert_outputs.data();
    outputs.positions = scratch_.pairs.positions.data();
    outputs.weights = scratch_.expert_weights.data();
    outputs.y = buffers_.routed.data();
    outputs.is_bf16 = sizes.is_bf16;
    outputs.top_k = sizes.routing.top_k;
    outputs.width = sizes.width;
    kernels::sum_expert_outputs(outputs, 0, buffers_.rows, begin, end);
    if (layer.shared) {
      thread_.add_channels(buffers_.added, buffers_.routed, begin, end);
    }
    thread_.add_channels(buffers_.routed, buffers_.x, begin, end);
    thread_.team.barrier();
  }

  DecodeThread& thread_;
  DecodeBuffers& buffers_;
  DecodeScratch& scratch_;
  /// The experts that have rows.
  std::vector<int64_t> active_;
};

} // namespace

void run_decoder_experts(const RawDecoderLayer& layer, DecodeThread& thread) {
  ExpertsPass(thread).run(layer);
}

} // namespace microfiche::decoder
