#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace microfiche::sweep {

/// Keeps what was made, under the hash of what it was made from, for as long as
/// it fits; what was used longest ago is forgotten first.
template <typename Value>
class ContentCache {
 public:
  explicit ContentCache(size_t most_bytes) : most_bytes_(most_bytes) {}

  /// The value of a key, made by `make()` unless it is kept. `bytes_of(value)`
  /// is what it takes in memory; a value larger than the limit is not kept.
  template <typename Make, typename BytesOf>
  Value get(const std::string& key, const Make& make, const BytesOf& bytes_of) {
    const auto found = places_.find(key);
    if (found != places_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->value;
    }
    Value value = make();
    const size_t bytes = bytes_of(value);
    if (bytes <= most_bytes_) {
      forget_down_to(most_bytes_ - bytes);
      entries_.push_front({key, value, bytes});
      places_.emplace(key, entries_.begin());
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

  void forget_down_to(size_t bytes) {
    while (bytes_ > bytes) {
      bytes_ -= entries_.back().bytes;
      places_.erase(entries_.back().key);
      entries_.pop_back();
    }
  }

  const size_t most_bytes_;
  size_t bytes_ = 0;

  /// The last used first.
  std::list<Entry> entries_;
  std::unordered_map<std::string, typename std::list<Entry>::iterator> places_;
};

} // namespace microfiche::sweep
