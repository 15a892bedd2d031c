#include "decoder/decode_team.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstring>

// The blocks of `DecodeTeam`; see Note [Blocks of ids]. N = ids of all rows.

namespace microfiche::decoder {
namespace {

// Positions of a block that run together. Products of more float32 rows have
// another order.
constexpr int64_t kBlockPositions = kernels::kTileRows;

} // namespace

torch::Tensor DecodeTeam::run_block(
    const std::vector<std::vector<int64_t>>& ids,
    KvCache& cache) {
  TORCH_CHECK(
      static_cast<int64_t>(ids.size()) == cache.batch() &&
          std::none_of(
              ids.begin(),
              ids.end(),
              [](const auto& row) { return row.empty(); }),
      "DecodeTeam: expected ids for each of the cache's ",
      cache.batch(),
      " rows, got ",
      ids.size(),
      " rows, or one without ids");
  std::vector<int64_t> all_ids; // (N)
  std::vector<int64_t> added;
  positions_.clear();
  for (size_t row = 0; row < ids.size(); ++row) {
    added.push_back(static_cast<int64_t>(ids[row].size()));
    for (int64_t i = 0; i < added.back(); ++i) {
      positions_.push_back(next_position(cache, static_cast<int64_t>(row), i));
    }
    all_ids.insert(all_ids.end(), ids[row].begin(), ids[row].end());
  }
  check_room(cache, *std::max_element(added.begin(), added.end()));
  const auto count = static_cast<int64_t>(all_ids.size());
  replaced_.resize(
      cache.window() == 0
          ? 0
          : decoder_->options.layers() * 2 * count * position_bytes());
  const int64_t vocab_size = decoder_->options.vocab_size();
  if (!block_logits_.defined() || block_logits_.size(0) < count) {
    block_logits_ = torch::empty({count, vocab_size});
  }
  buffers_.rows_alone = true;
  for (int64_t begin = 0; begin < count; begin += kBlockPositions) {
    const int64_t end = std::min(count, begin + kBlockPositions);
    embed(all_ids.data() + begin, end - begin);
    run_layers(
        {begin, end},
        cache,
        block_logits_.mutable_data_ptr<float>() + begin * vocab_size);
  }
  cache.advance(added);
  return block_logits_.narrow(0, 0, count);
}

void DecodeTeam::take_back(
    const std::vector<int64_t>& lengths,
    KvCache& cache) {
  if (replaced_.size() > 0) {
    // The last first: a long block may replace its own positions.
    for (auto i = static_cast<int64_t>(positions_.size()) - 1; i >= 0; --i) {
      const auto& position = positions_[i];
      if (position.position >= lengths.at(position.row)) {
        put_back(i, cache);
      }
    }
  }
  cache.cut_rows(lengths);
}

/// Restores what the new position `i` replaced in all layers.
void DecodeTeam::put_back(int64_t i, KvCache& cache) {
  const auto& position = positions_[i];
  const int64_t offset =
      (position.row * cache.capacity() + position.slot) * position_bytes();
  for (int64_t layer = 0; layer < decoder_->options.layers(); ++layer) {
    for (int64_t part = 0; part < 2; ++part) {
      auto& tensor = part == 0 ? cache.keys(layer) : cache.values(layer);
      std::memcpy(
          static_cast<char*>(tensor.mutable_data_ptr()) + offset,
          replaced_at(layer, part, i),
          position_bytes());
    }
  }
}

/// What the new position `i` replaced: its key (part 0) or value (part 1).
char* DecodeTeam::replaced_at(int64_t layer, int64_t part, int64_t i) {
  const auto count = static_cast<int64_t>(positions_.size());
  return replaced_.data() + ((layer * 2 + part) * count + i) * position_bytes();
}

/// Bytes of the keys of one position in one layer.
int64_t DecodeTeam::position_bytes() const {
  return sizes_.heads * sizes_.head_dim * sizes_.element_size();
}

} // namespace microfiche::decoder
