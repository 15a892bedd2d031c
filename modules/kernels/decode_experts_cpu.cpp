#include "kernels/decode_experts_cpu.h"

#include "kernels/channel_tasks.h"
#include "kernels/choose_experts.h"
#include "kernels/expert_pairs.h"

#include <cstring>

// Pairs are those of a row and one of its experts.

namespace microfiche::kernels {
namespace {

/// One member on its way through a layer's experts.
class ExpertsRun {
 public:
  explicit ExpertsRun(DecodeMember& member) : member_(member) {}

  void run(const RawDecoderLayer& layer) {
    run_shared_inner(layer);
    if (layer.experts.empty()) {
      member_.multiply_inner(
          member_.buffers.shared_gate, member_.buffers.shared_up);
      member_.team.meet();
      member_.add_product(layer.shared->down, member_.buffers.shared_gate);
      return;
    }
    choose(layer);
    run_routed_inner(layer);
    run_outer(layer);
    add_answers(layer);
  }

 private:
  /// The router's logits, and what the shared experts have between their
  /// layers.
  void run_shared_inner(const RawDecoderLayer& layer) {
    ChannelTasks tasks;
    LinearProduct router;
    const bool routes = !layer.experts.empty();
    tasks.add(routes ? layer.router.out : 0, layer.router.in + 1);
    if (routes) {
      router = member_.product(
          layer.router,
          as_floats(member_.scratch.normed),
          member_.buffers.rows,
          member_.buffers.router_logits.data());
      router.x_is_bf16 = false;
    }
    LinearProduct gate;
    LinearProduct up;
    if (layer.shared) {
      gate = member_.product(
          layer.shared->gate,
          member_.scratch.normed,
          member_.buffers.shared_gate);
      up = member_.product(
          layer.shared->up, member_.scratch.normed, member_.buffers.shared_up);
      tasks.add(gate.out, gate.in);
      tasks.add(up.out, up.in);
    }
    tasks.run(member_.team, [&](int64_t i, int64_t begin, int64_t end) {
      linear_cpu(i == 0 ? router : i == 1 ? gate : up, begin, end);
    });
    member_.team.meet();
  }

  /// The same numbers in float32.
  const float* as_floats(const AlignedBytes& numbers) {
    if (!member_.sizes.is_bf16) {
      return reinterpret_cast<const float*>(numbers.data());
    }
    const auto count = static_cast<int64_t>(numbers.size() / sizeof(uint16_t));
    member_.scratch.normed32.resize(count);
    convert_to_float(
        reinterpret_cast<const uint16_t*>(numbers.data()),
        count,
        member_.scratch.normed32.data());
    return member_.scratch.normed32.data();
  }

  void choose(const RawDecoderLayer& layer) {
    const auto num_experts = static_cast<int64_t>(layer.experts.size());
    const int64_t top_k = member_.sizes.choice.top_k;
    member_.scratch.router_logits = member_.buffers.router_logits;
    member_.scratch.expert_ids.resize(member_.buffers.rows * top_k);
    member_.scratch.expert_weights.resize(member_.buffers.rows * top_k);
    for (int64_t row = 0; row < member_.buffers.rows; ++row) {
      choose_experts(
          member_.sizes.choice,
          member_.scratch.router_logits.data() + row * num_experts,
          member_.scratch.expert_ids.data() + row * top_k,
          member_.scratch.expert_weights.data() + row * top_k);
    }
    member_.scratch.pairs.sort(
        member_.scratch.expert_ids.data(),
        member_.buffers.rows * top_k,
        num_experts);
    asked_.clear();
    for (int64_t e = 0; e < num_experts; ++e) {
      if (count_of(e) > 0) {
        asked_.push_back(e);
      }
    }
  }

  int64_t begin_of(int64_t expert) const {
    return member_.scratch.pairs.begins[expert];
  }
  int64_t count_of(int64_t expert) const {
    return begin_of(expert + 1) - begin_of(expert);
  }

  /// The rows that go to an expert, one after the other.
  const void* gather(int64_t expert) {
    const int64_t row_bytes =
        member_.sizes.width * member_.sizes.number_bytes();
    const int64_t top_k = member_.sizes.choice.top_k;
    const auto* pairs = member_.scratch.pairs.pairs.data() + begin_of(expert);
    const auto row_of = [&](int64_t i) {
      return member_.scratch.normed.data() + pairs[i] / top_k * row_bytes;
    };
    if (count_of(expert) == 1) {
      return row_of(0);
    }
    member_.scratch.gathered.resize(member_.scratch.normed.size());
    for (int64_t i = 0; i < count_of(expert); ++i) {
      std::memcpy(
          member_.scratch.gathered.data() + i * row_bytes,
          row_of(i),
          row_bytes);
    }
    return member_.scratch.gathered.data();
  }

  /// Numbers of the pairs of an expert in a buffer of so many channels.
  char* at_pairs(AlignedBytes& buffer, int64_t expert, int64_t channels) {
    return buffer.data() +
        begin_of(expert) * channels * member_.sizes.number_bytes();
  }

  void run_routed_inner(const RawDecoderLayer& layer) {
    ChannelTasks tasks;
    for (const int64_t e : asked_) {
      tasks.add(layer.experts[e].gate.out, layer.experts[e].gate.in);
      tasks.add(layer.experts[e].up.out, layer.experts[e].up.in);
    }
    tasks.run(member_.team, [&](int64_t i, int64_t begin, int64_t end) {
      const int64_t e = asked_[i / 2];
      const auto& expert = layer.experts[e];
      const auto& weight = i % 2 == 0 ? expert.gate : expert.up;
      auto& y = i % 2 == 0 ? member_.buffers.gate : member_.buffers.up;
      linear_cpu(
          member_.product(
              weight, gather(e), count_of(e), at_pairs(y, e, weight.out)),
          begin,
          end);
    });
    member_.team.meet();
    member_.multiply_inner(member_.buffers.gate, member_.buffers.up);
    if (layer.shared) {
      member_.multiply_inner(
          member_.buffers.shared_gate, member_.buffers.shared_up);
    }
    member_.team.meet();
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
    tasks.run(member_.team, [&](int64_t i, int64_t begin, int64_t end) {
      if (i == static_cast<int64_t>(asked_.size())) {
        linear_cpu(
            member_.product(
                layer.shared->down,
                member_.buffers.shared_gate,
                member_.buffers.added),
            begin,
            end);
        return;
      }
      const int64_t e = asked_[i];
      const auto& down = layer.experts[e].down;
      linear_cpu(
          member_.product(
              down,
              at_pairs(member_.buffers.gate, e, down.in),
              count_of(e),
              at_pairs(member_.buffers.answers, e, down.out)),
          begin,
          end);
    });
    member_.team.meet();
  }

  /// Adds what the experts answered to `x`, each member to its own channels.
  void add_answers(const RawDecoderLayer& layer) {
    const int64_t begin =
        member_.sizes.width * member_.team.index() / member_.team.count();
    const int64_t end =
        member_.sizes.width * (member_.team.index() + 1) / member_.team.count();
    auto& sums = member_.buffers.routed;
    ExpertAnswers sum;
    sum.answers = member_.buffers.answers.data();
    sum.places = member_.scratch.pairs.places.data();
    sum.weights = member_.scratch.expert_weights.data();
    sum.y = sums.data();
    sum.is_bf16 = member_.sizes.is_bf16;
    sum.top_k = member_.sizes.choice.top_k;
    sum.width = member_.sizes.width;
    add_expert_answers(sum, 0, member_.buffers.rows, begin, end);
    if (layer.shared) {
      member_.add_channels(member_.buffers.added, sums, begin, end);
    }
    member_.add_channels(sums, member_.buffers.x, begin, end);
    member_.team.meet();
  }

  DecodeMember& member_;
  /// The experts that have rows.
  std::vector<int64_t> asked_;
};

} // namespace

void run_decoder_experts(const RawDecoderLayer& layer, DecodeMember& member) {
  ExpertsRun(member).run(layer);
}

} // namespace microfiche::kernels
