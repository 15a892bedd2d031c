#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace microfiche::sweep {

/// Keeps values under the hash of their inputs, up to a number of bytes. Evicts
/// the least recently used values first.
template <typename Value>
class ContentCache {
 public:
  explicit ContentCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  /// The cached value of a key, or the result of `make()`. `bytes_of(value)` is
  /// its size in memory. A value larger than the limit is not kept.
  template <typename Make, typename BytesOf>
  Value get(const std::string& key, const Make& make, const BytesOf& bytes_of) {
    const auto found = entry_of_.find(key);
    if (found != entry_of_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->value;
    }
    Value value = make();
    const size_t bytes = bytes_of(value);
    if (bytes <= max_bytes_) {
      evict_down_to(max_bytes_ - bytes);
      entries_.push_front({key, value, bytes});
      entry_of_.emplace(key, entries_.begin());
      bytes_ += bytes;
    }
    return value;
  }

 private:
  struct Entry {
    std::string key;
    Value value;
    size_t bytes;
  };

  void evict_down_to(size_t bytes) {
    while (bytes_ > bytes) {
      bytes_ -= entries_.back().bytes;
      entry_of_.erase(entries_.back().key);
      entries_.pop_back();
    }
  }

  const size_t max_bytes_;
  size_t bytes_ = 0;

  /// The most recently used first.
  std::list<Entry> entries_;
  std::unordered_map<std::string, typename std::list<Entry>::iterator>
      entry_of_;
};

} // namespace microfiche::sweep
