#include "decoder/kv_cache.h"

#include <torch/torch.h>

#include <algorithm>
#include <utility>

namespace microfiche::decoder {
namespace {

// Copies the first `used` positions of (B, capacity, kv_heads, head_dim) to a
// tensor of another capacity. The rest is zero; see the constructor.
torch::Tensor
with_capacity(const torch::Tensor& cached, int64_t used, int64_t capacity) {
  return torch::constant_pad_nd(
      cached.narrow(1, 0, used), {0, 0, 0, 0, 0, capacity - used});
}

} // namespace

KvCache::KvCache(KvCacheOptions options, const torch::TensorOptions& like)
    : options_(options) {
  TORCH_CHECK_VALUE(
      options.layers() >= 1 && options.kv_heads() >= 1 &&
          options.head_dim() >= 1 && options.batch() >= 1 &&
          options.capacity() >= 1 && options.window() >= 0,
      "KvCache: all sizes must be at least 1 and the window at least 0, "
      "got layers=",
      options.layers(),
      ", kv_heads=",
      options.kv_heads(),
      ", head_dim=",
      options.head_dim(),
      ", batch=",
      options.batch(),
      ", capacity=",
      options.capacity(),
      ", window=",
      options.window());

  lengths_.assign(options.batch(), 0);
  for (int64_t layer = 0; layer < options.layers(); ++layer) {
    // Zeros, because a masked value is multiplied by 0, and 0 times
    // uninitialised memory may be NaN.
    for (auto* tensors : {&keys_, &values_}) {
      tensors->push_back(torch::zeros(
          {options.batch(),
           options.capacity(),
           options.kv_heads(),
           options.head_dim()},
          like.requires_grad(false)));
    }
  }
}

int64_t KvCache::max_length() const {
  return lengths_.empty() ? 0
                          : *std::max_element(lengths_.begin(), lengths_.end());
}

void KvCache::set_prompt_lengths(std::vector<int64_t> lengths) {
  TORCH_CHECK(
      lengths.size() == lengths_.size() &&
          std::all_of(
              lengths.begin(),
              lengths.end(),
              [](int64_t length) { return length >= 1; }) &&
          max_length() == 0,
      "KvCache: expected the lengths of ",
      batch(),
      " prompts, each at least 1, before the first position, got [",
      lengths,
      "] after ",
      max_length());
  prompt_lengths_ = std::move(lengths);
}

int64_t KvCache::slot(int64_t row, int64_t position) const {
  if (window() == 0) {
    return position;
  }
  const int64_t prompt = prompt_lengths_.at(row);
  return position < prompt ? position : prompt + (position - prompt) % window();
}

int64_t KvCache::filled_slots(int64_t row, int64_t length) const {
  return window() == 0 || prompt_lengths_.empty()
      ? length
      : std::min(length, prompt_lengths_[row] + window());
}

int64_t KvCache::max_slots(int64_t added) const {
  int64_t most = 0;
  for (int64_t row = 0; row < batch(); ++row) {
    most = std::max(most, filled_slots(row, lengths_[row] + added));
  }
  return most;
}

torch::Tensor KvCache::next_places() const {
  auto places = torch::empty({3, batch()}, torch::kInt64);
  auto place = places.accessor<int64_t, 2>();
  for (int64_t row = 0; row < batch(); ++row) {
    place[0][row] = lengths_[row];
    place[1][row] = slot(row, lengths_[row]);
    place[2][row] = filled_slots(row, lengths_[row] + 1);
  }
  return places;
}

int64_t KvCache::num_bytes() const {
  int64_t bytes = 0;
  for (const auto* tensors : {&keys_, &values_}) {
    for (const auto& tensor : *tensors) {
      bytes += static_cast<int64_t>(tensor.nbytes());
    }
  }
  return bytes;
}

void KvCache::select_rows(const std::vector<int64_t>& rows) {
  std::vector<int64_t> lengths;
  std::vector<int64_t> prompt_lengths;
  for (const int64_t row : rows) {
    TORCH_CHECK(
        row >= 0 && row < batch(),
        "KvCache: expected rows in [0, ",
        batch(),
        "), got ",
        row);
    lengths.push_back(lengths_[row]);
    if (!prompt_lengths_.empty()) {
      prompt_lengths.push_back(prompt_lengths_[row]);
    }
  }

  torch::NoGradGuard no_grad;
  const auto index = torch::tensor(rows, torch::kInt64).to(keys_[0].device());
  const int64_t used = max_slots();
  for (auto* tensors : {&keys_, &values_}) {
    for (auto& tensor : *tensors) {
      const auto selected = tensor.narrow(1, 0, used).index_select(0, index);
      tensor = with_capacity(selected, used, capacity());
    }
  }
  lengths_ = std::move(lengths);
  prompt_lengths_ = std::move(prompt_lengths);
}

void KvCache::append_rows(const KvCache& other) {
  const auto heads = keys_[0].sizes().slice(2);
  const auto other_heads = other.keys_[0].sizes().slice(2);
  TORCH_CHECK(
      other.keys_.size() == keys_.size() && other_heads == heads,
      "KvCache: expected rows of ",
      keys_.size(),
      " layers with keys of ",
      heads,
      ", got ",
      other.keys_.size(),
      " layers with keys of ",
      other_heads);
  TORCH_CHECK(
      other.window() == window() &&
          other.prompt_lengths_.empty() == prompt_lengths_.empty(),
      "KvCache: expected rows with a window of ",
      window(),
      prompt_lengths_.empty() ? " and no" : " and",
      " stated prompts, got a window of ",
      other.window(),
      other.prompt_lengths_.empty() ? " and no" : " and",
      " stated prompts");

  torch::NoGradGuard no_grad;
  set_capacity(std::max(capacity(), other.capacity()));
  const int64_t used = other.max_slots();
  const auto append = [&](torch::Tensor& cached, const torch::Tensor& added) {
    cached = torch::cat({cached, with_capacity(added, used, capacity())});
  };
  for (size_t layer = 0; layer < keys_.size(); ++layer) {
    append(keys_[layer], other.keys_[layer]);
    append(values_[layer], other.values_[layer]);
  }
  lengths_.insert(lengths_.end(), other.lengths_.begin(), other.lengths_.end());
  prompt_lengths_.insert(
      prompt_lengths_.end(),
      other.prompt_lengths_.begin(),
      other.prompt_lengths_.end());
}

void KvCache::set_capacity(int64_t capacity) {
  const int64_t used = max_slots();
  TORCH_CHECK(
      capacity >= std::max<int64_t>(used, 1),
      "KvCache: expected a capacity of at least ",
      std::max<int64_t>(used, 1),
      ", got ",
      capacity);
  if (capacity == options_.capacity()) {
    return;
  }
  torch::NoGradGuard no_grad;
  for (auto* tensors : {&keys_, &values_}) {
    for (auto& tensor : *tensors) {
      tensor = with_capacity(tensor, used, capacity);
    }
  }
  options_.capacity(capacity);
}

void KvCache::truncate(int64_t length) {
  TORCH_CHECK(
      length >= 0, "KvCache: expected a length of at least 0, got ", length);
  for (int64_t row = 0; row < batch(); ++row) {
    // The ring has written over the answer from its second round on.
    TORCH_CHECK(
        length >= lengths_[row] ||
            filled_slots(row, lengths_[row]) == lengths_[row] ||
            length <= prompt_lengths_[row],
        "KvCache: cannot cut row ",
        row,
        " to ",
        length,
        " positions: its window of ",
        window(),
        " dropped some of them; cut it to its prompt of ",
        prompt_lengths_.empty() ? 0 : prompt_lengths_[row]);
  }
  for (auto& row_length : lengths_) {
    row_length = std::min(row_length, length);
  }
}

void KvCache::cut_rows(const std::vector<int64_t>& lengths) {
  TORCH_CHECK(
      lengths.size() == lengths_.size() &&
          std::all_of(
              lengths.begin(),
              lengths.end(),
              [](int64_t length) { return length >= 0; }),
      "KvCache: expected ",
      batch(),
      " lengths of at least 0, one per row, got [",
      lengths,
      "]");
  for (size_t row = 0; row < lengths_.size(); ++row) {
    lengths_[row] = std::min(lengths_[row], lengths[row]);
  }
}

void KvCache::advance(const std::vector<int64_t>& added) {
  TORCH_INTERNAL_ASSERT(added.size() == lengths_.size());
  for (size_t row = 0; row < lengths_.size(); ++row) {
    lengths_[row] += added[row];
  }
}

} // namespace microfiche::decoder
