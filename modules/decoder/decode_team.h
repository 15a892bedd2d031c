#pragma once

#include "decoder/cpu/decode_layer.h"
#include "decoder/decoder.h"
#include "decoder/kv_cache.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::decoder {

// Note [Blocks of ids]
// A draft proposes the next ids of a row. One pass over the weights computes
// the logits after each of them; then the row keeps the ids that the logits
// confirm, and takes back the others. The pass reads more experts than a step
// of one id, but each weight only once for the whole block.
//
// Each position is computed as if it were alone: every product sums a row in
// the order in which it sums a single row, and every query attends by itself.
// So no bit of the logits depends on the block, and drafts change no id. The
// logits are those of `DecodeTeam::run` with one row.
//
// In a full window, a new position replaces the key of an old one that the
// positions before it see. The positions of a row therefore attend one after
// the other, and the replaced keys and values are kept until they are known to
// be unneeded.

/// Decodes one id per row on a CPU, all layers in one parallel region; see Note
/// [One parallel region per step]. Its reference is `Decoder::forward` with one
/// position per row.
class DecodeTeam {
 public:
  /// Why it cannot run this decoder over this cache, or none if it can. It
  /// needs contiguous weights of float32, bfloat16, int8 or int4 on a CPU,
  /// activations of float32 or bfloat16, kv_heads = heads, no qk_norm, no LoRA,
  /// and at most as many rows as its products are fast for.
  static std::optional<std::string> unsupported_reason(
      const DecoderImpl& decoder,
      const KvCache& cache);

  /// The same for `run_block`, which takes any number of rows.
  static std::optional<std::string> unsupported_block_reason(
      const DecoderImpl& decoder,
      const KvCache& cache);

  /// Keeps pointers to the weights, which must not move. Throws `c10::Error`
  /// when there is an `unsupported_block_reason`.
  DecodeTeam(Decoder decoder, const KvCache& cache);

  /// Appends `ids` (B, 1) int64 to a supported cache. Returns logits
  /// (B, vocab_size) float32.
  ///
  /// Throws `c10::Error` when the cache is full or an id is outside the
  /// vocabulary.
  torch::Tensor run(const torch::Tensor& ids, KvCache& cache);

  /// Appends `ids[b]`, at least one, to row b of a supported cache; see Note
  /// [Blocks of ids]. Returns the logits after each id, (ids, vocab_size)
  /// float32, row after row. The next call overwrites them.
  ///
  /// Throws `c10::Error` when the cache is full, a row has no ids, or an id is
  /// outside the vocabulary.
  torch::Tensor run_block(
      const std::vector<std::vector<int64_t>>& ids,
      KvCache& cache);

  /// Takes back the last ids of the last `run_block`: row b keeps `lengths[b]`
  /// positions, at least those that it had before.
  ///
  /// Throws `c10::Error` for other lengths.
  void take_back(const std::vector<int64_t>& lengths, KvCache& cache);

 private:
  /// The positions [begin, end) of the new ones.
  struct Chunk {
    int64_t begin = 0;
    int64_t end = 0;
  };

  static RawPosition
  next_position(const KvCache& cache, int64_t row, int64_t i);
  void check_room(const KvCache& cache, int64_t added);
  void embed(const int64_t* ids, int64_t count);
  void run_layers(const Chunk& chunk, KvCache& cache, float* logits);
  void put_back(int64_t i, KvCache& cache);
  char* replaced_at(int64_t layer, int64_t part, int64_t i);
  int64_t position_bytes() const;

  Decoder decoder_;
  DecodeSizes sizes_;
  std::vector<RawDecoderLayer> layers_;
  RawWeight head_;
  DecodeBuffers buffers_;
  /// One per thread.
  std::vector<DecodeScratch> scratches_;
  /// Covers all positions so far, and the largest capacity.
  layers::Rotation rotation_;
  /// The new positions of the last call.
  std::vector<RawPosition> positions_;
  /// What they replaced in a window, (layers, 2, positions, heads, head_dim).
  kernels::AlignedBytes replaced_;
  /// (ids, vocab_size) of `run_block`, with room for more.
  torch::Tensor block_logits_;
};

} // namespace microfiche::decoder
