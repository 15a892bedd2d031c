#include "kernels/cpu/rel_pos_attention.h"

#include "kernels/cpu/aligned_bytes.h"
#include "kernels/cpu/panels.h"
#include "kernels/cpu/processor.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace microfiche::kernels {
namespace {

static_assert(kQueriesPerTask % kWidePanelRows == 0);

// Keys per block of logits, rounded to whole rows of the grid.
constexpr int64_t kKeysPerBlock = 256;

/// The sizes of a thread's memory. Padded sizes are multiples of kVectorLanes.
struct Plan {
  int64_t rows_per_block;
  int64_t blocks;
  int64_t keys; // padded, of the largest block
  int64_t channels; // padded
  int64_t columns; // of the grid, padded
  int64_t key_words; // of a channel dimension
  int64_t logit_stride;

  Plan(const RelPosAttention& attention, int64_t numbers_per_word)
      : rows_per_block(std::min(
            attention.side,
            std::max<int64_t>(1, kKeysPerBlock / attention.side))),
        blocks((attention.side + rows_per_block - 1) / rows_per_block),
        keys(round_up(rows_per_block * attention.side, kVectorLanes)),
        channels(round_up(attention.head_dim, kVectorLanes)),
        columns(round_up(attention.side, kVectorLanes)),
        key_words(attention.head_dim / numbers_per_word),
        // A row's bias is written in whole vectors.
        logit_stride(keys + kVectorLanes) {}
};

/// A thread's memory.
struct Workspace {
  AlignedBytes keys; // blocks x panels of (key_words, keys)
  AlignedBytes values; // blocks x panels of (keys / numbers per word, channels)
  AlignedBytes queries; // (kQueriesPerTask, key_words)
  AlignedBytes biases; // (kQueriesPerTask, columns)
  AlignedBytes logits; // (kQueriesPerTask, logit_stride)
  AlignedBytes sums; // (kQueriesPerTask, channels)

  explicit Workspace(const Plan& plan) {
    const auto resize = [](AlignedBytes& bytes, int64_t words) {
      bytes.resize(words * sizeof(uint32_t));
    };
    resize(keys, plan.blocks * plan.key_words * plan.keys);
    resize(values, plan.blocks * plan.keys * plan.channels);
    resize(queries, kQueriesPerTask * plan.key_words);
    resize(biases, kQueriesPerTask * plan.columns);
    resize(logits, kQueriesPerTask * plan.logit_stride);
    resize(sums, kQueriesPerTask * plan.channels);
  }
};

template <typename Number>
MICROFICHE_INLINE const Number* channels_of(
    const void* numbers,
    const HeadLayout& layout,
    int64_t batch,
    int64_t head,
    int64_t position) {
  return static_cast<const Number*>(numbers) +
      layout.offset(batch, head, position);
}

MICROFICHE_INLINE uint32_t* words(AlignedBytes& bytes) {
  return reinterpret_cast<uint32_t*>(bytes.data());
}

MICROFICHE_INLINE float* floats(AlignedBytes& bytes) {
  return reinterpret_cast<float*>(bytes.data());
}

/// The running maximum and sum of a query's softmax.
struct Softmax {
  float largest = kMaskedLogit;
  float total = 0;

  /// Replaces `count` logits, a multiple of kVectorLanes, by unnormalised
  /// probabilities. Returns the factor that rescales the sums of earlier
  /// blocks.
  template <typename Word>
  MICROFICHE_INLINE float run(float* logits, int64_t count, float scale) {
    Floats most = Floats{} + kMaskedLogit;
    for (int64_t t = 0; t < count; t += kVectorLanes) {
      Floats numbers;
      load(logits + t, numbers);
      most = numbers > most ? numbers : most;
    }
    float block_largest = most[0];
    for (int64_t i = 1; i < kVectorLanes; ++i) {
      block_largest = std::max(block_largest, most[i]);
    }
    const float before = largest;
    largest = std::max(largest, block_largest * scale);
    const float rescale = before == largest ? 1 : std::exp(before - largest);

    Floats sums = {};
    auto* probabilities = reinterpret_cast<uint32_t*>(logits);
    for (int64_t t = 0; t < count; t += kVectorLanes) {
      Floats numbers;
      load(logits + t, numbers);
      numbers = numbers * scale - largest;
      exponentiate(numbers);
      sums += numbers;
      Word::store(numbers, probabilities + t / Word::kNumbers);
    }
    total = total * rescale + sum(sums);
    return rescale;
  }
};

template <typename Number, typename Word, int64_t Rows>
struct RelPosAttentionJob {
  const RelPosAttention& attention;
  int64_t begin;
  int64_t end;
  const Plan& plan;
  Workspace& space;

  MICROFICHE_INLINE void run() const {
    const int64_t tasks = rel_pos_attention_tasks(attention.side);
    const int64_t positions = attention.side * attention.side;
    int64_t packed = -1;
    for (int64_t item = begin; item < end; ++item) {
      const int64_t head = item / tasks;
      if (head != packed) {
        pack_head(head);
        packed = head;
      }
      const int64_t first = item % tasks * kQueriesPerTask;
      attend(head, first, std::min(kQueriesPerTask, positions - first));
    }
  }

  /// Copies the keys and values of a head into panels. Heads are counted over
  /// the batch.
  MICROFICHE_INLINE void pack_head(int64_t head) const {
    for (int64_t block = 0; block < plan.blocks; ++block) {
      const int64_t first = first_key(block);
      const int64_t count = num_keys(block);
      pack_keys(head, first, count, keys_of(block));
      pack_values(head, first, count, values_of(block));
    }
  }

  MICROFICHE_INLINE void
  pack_keys(int64_t head, int64_t first, int64_t count, uint32_t* to) const {
    const auto key = [&](int64_t t) {
      return channels_of<Number>(
          attention.k,
          attention.k_layout,
          head / attention.heads,
          head % attention.heads,
          // Columns after the last key repeat it, and are masked.
          first + std::min(t, count - 1));
    };
    pack_panels<Word>(key, round_up(count, kVectorLanes), plan.key_words, to);
  }

  MICROFICHE_INLINE void
  pack_values(int64_t head, int64_t first, int64_t count, uint32_t* to) const {
    const int64_t depth = round_up(count, kVectorLanes) / Word::kNumbers;
    const auto value = [&](int64_t t) {
      return channels_of<Number>(
          attention.v,
          attention.v_layout,
          head / attention.heads,
          head % attention.heads,
          first + std::min(t, count - 1));
    };
    for (int64_t d = 0; d < depth; ++d) {
      const auto* a = value(d * Word::kNumbers);
      const auto* b = value(d * Word::kNumbers + Word::kNumbers - 1);
      for (int64_t c = 0; c < plan.channels; ++c) {
        to[index_in_panels(d, c, depth, plan.channels)] =
            c < attention.head_dim ? Word::pack(a + c, b + c) : 0;
      }
    }
  }

  /// The queries [first, first + count) of a head.
  MICROFICHE_INLINE void attend(int64_t head, int64_t first, int64_t count)
      const {
    const int64_t rows = round_up(count, Rows);
    auto* sums = floats(space.sums);
    auto* logits = floats(space.logits);
    load_queries(head, first, count, rows);
    std::fill_n(sums, rows * plan.channels, 0.0F);
    Softmax softmax[kQueriesPerTask];
    for (int64_t block = 0; block < plan.blocks; ++block) {
      const int64_t keys = round_up(num_keys(block), kVectorLanes);
      for (int64_t i = 0; i < rows; ++i) {
        // Rows after the last query repeat it.
        start_logits(
            head,
            first + std::min(i, count - 1),
            i,
            block,
            logits + i * plan.logit_stride);
      }
      multiply<Word, Rows>(
          words(space.queries),
          plan.key_words,
          rows,
          keys_of(block),
          plan.key_words,
          keys,
          logits,
          plan.logit_stride);
      for (int64_t i = 0; i < rows; ++i) {
        const float rescale = softmax[i].template run<Word>(
            logits + i * plan.logit_stride, keys, attention.scale);
        if (rescale != 1) {
          for (int64_t d = 0; d < plan.channels; ++d) {
            sums[i * plan.channels + d] *= rescale;
          }
        }
      }
      multiply<Word, Rows>(
          reinterpret_cast<const uint32_t*>(logits),
          plan.logit_stride,
          rows,
          values_of(block),
          keys / Word::kNumbers,
          plan.channels,
          sums,
          plan.channels);
    }
    for (int64_t i = 0; i < count; ++i) {
      auto* y = static_cast<Number*>(attention.y) +
          attention.y_layout.offset(
              head / attention.heads, head % attention.heads, first + i);
      const float factor = 1 / softmax[i].total;
      for (int64_t d = 0; d < attention.head_dim; ++d) {
        round_to(sums[i * plan.channels + d] * factor, y[d]);
      }
    }
  }

  MICROFICHE_INLINE void
  load_queries(int64_t head, int64_t first, int64_t count, int64_t rows) const {
    auto* queries = words(space.queries);
    auto* biases = floats(space.biases);
    const int64_t side = attention.side;
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t position = first + std::min(i, count - 1);
      const auto* query = channels_of<Number>(
          attention.q,
          attention.q_layout,
          head / attention.heads,
          head % attention.heads,
          position);
      for (int64_t d = 0; d < plan.key_words; ++d) {
        queries[i * plan.key_words + d] =
            Word::pack(query + d * Word::kNumbers);
      }
      std::copy_n(
          attention.by_column + (head * side * side + position) * side,
          side,
          biases + i * plan.columns);
    }
  }

  /// Writes a query's biases for the keys of a block; keys after them are
  /// masked.
  MICROFICHE_INLINE void start_logits(
      int64_t head,
      int64_t position,
      int64_t row,
      int64_t block,
      float* logits) const {
    const int64_t side = attention.side;
    const int64_t first = block * plan.rows_per_block;
    const auto* by_row =
        attention.by_row + (head * side * side + position) * side + first;
    const auto* by_column = floats(space.biases) + row * plan.columns;
    const int64_t grid_rows = num_keys(block) / side;
    for (int64_t h = 0; h < grid_rows; ++h) {
      for (int64_t w = 0; w < side; w += kVectorLanes) {
        Floats bias;
        load(by_column + w, bias);
        bias += by_row[h];
        std::memcpy(logits + h * side + w, &bias, sizeof bias);
      }
    }
    const int64_t keys = num_keys(block);
    std::fill(
        logits + keys, logits + round_up(keys, kVectorLanes), kMaskedLogit);
  }

  MICROFICHE_INLINE int64_t first_key(int64_t block) const {
    return block * plan.rows_per_block * attention.side;
  }

  MICROFICHE_INLINE int64_t num_keys(int64_t block) const {
    const int64_t left = attention.side - block * plan.rows_per_block;
    return std::min(plan.rows_per_block, left) * attention.side;
  }

  MICROFICHE_INLINE uint32_t* keys_of(int64_t block) const {
    return words(space.keys) + block * plan.key_words * plan.keys;
  }

  MICROFICHE_INLINE uint32_t* values_of(int64_t block) const {
    return words(space.values) + block * plan.keys * plan.channels;
  }
};

template <typename Number, int64_t Rows>
void run_float32(const RelPosAttention& attention, int64_t begin, int64_t end) {
  const Plan plan(attention, Float32Word::kNumbers);
  Workspace space(plan);
  run_vectorized(RelPosAttentionJob<Number, Float32Word, Rows>{
      attention, begin, end, plan, space});
}

template <typename Number>
void run_float32(const RelPosAttention& attention, int64_t begin, int64_t end) {
  if (has_wide_vectors()) {
    run_float32<Number, kWidePanelRows>(attention, begin, end);
  } else {
    run_float32<Number, kNarrowPanelRows>(attention, begin, end);
  }
}

} // namespace

int64_t rel_pos_attention_tasks(int64_t side) {
  return (side * side + kQueriesPerTask - 1) / kQueriesPerTask;
}

void rel_pos_attention_cpu(
    const RelPosAttention& attention,
    int64_t begin,
    int64_t end) {
  if (!attention.is_bf16) {
    run_float32<float>(attention, begin, end);
    return;
  }
#ifdef __x86_64__
  if (has_bf16_instructions() && attention.head_dim % Bf16Word::kNumbers == 0) {
    const Plan plan(attention, Bf16Word::kNumbers);
    Workspace space(plan);
    run_avx512(RelPosAttentionJob<Bf16, Bf16Word, kWidePanelRows>{
        attention, begin, end, plan, space});
    return;
  }
#endif
  run_float32<Bf16>(attention, begin, end);
}

} // namespace microfiche::kernels
