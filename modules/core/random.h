#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace microfiche {

/// A stream of random numbers that is the same on every machine.
///
/// A run has one seed, and each use has its own named stream, so that an added
/// draw changes no other stream. Numbers come from
/// xoshiro256++ (Blackman and Vigna, arXiv:1805.01407), seeded by SplitMix64
/// over the seed and the name.
class RandomStream {
 public:
  RandomStream(uint64_t seed, std::string_view name, uint64_t index = 0);

  /// 64 random bits.
  uint64_t bits();

  /// A whole number in [0, bound), without bias. `bound` must be positive.
  uint64_t below(uint64_t bound);

  /// A whole number in [low, high], both ends included.
  int64_t between(int64_t low, int64_t high);

  /// A number in [0, 1).
  double uniform();

  /// A number in [low, high).
  double uniform(double low, double high);

  /// A standard normal number.
  double normal();

  template <typename T>
  const T& pick(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }

  template <typename T>
  void shuffle(std::vector<T>& items) {
    for (size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[below(i)]);
    }
  }

 private:
  uint64_t state_[4];
};

} // namespace microfiche
