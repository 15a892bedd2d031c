#include "core/random.h"

#include <bit>
#include <cmath>
#include <numbers>

namespace microfiche {
namespace {

uint64_t split_mix(uint64_t& state) {
  state += 0x9e3779b97f4a7c15ull;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

} // namespace

RandomStream::RandomStream(
    uint64_t seed,
    std::string_view name,
    uint64_t index) {
  uint64_t state = seed;
  for (const char c : name) {
    state = split_mix(state) ^ static_cast<unsigned char>(c);
  }
  state = split_mix(state) ^ index;
  for (auto& word : state_) {
    word = split_mix(state);
  }
}

uint64_t RandomStream::bits() {
  const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

uint64_t RandomStream::below(uint64_t bound) {
  // Lemire, arXiv:1805.10941: the high word of a product, rejecting the few
  // low words that would favour some results.
  unsigned __int128 product = static_cast<unsigned __int128>(bits()) * bound;
  if (static_cast<uint64_t>(product) < bound) {
    const uint64_t threshold = -bound % bound;
    while (static_cast<uint64_t>(product) < threshold) {
      product = static_cast<unsigned __int128>(bits()) * bound;
    }
  }
  return static_cast<uint64_t>(product >> 64);
}

int64_t RandomStream::between(int64_t low, int64_t high) {
  return low +
      static_cast<int64_t>(below(static_cast<uint64_t>(high - low) + 1));
}

double RandomStream::uniform() {
  return static_cast<double>(bits() >> 11) * 0x1.0p-53;
}

double RandomStream::uniform(double low, double high) {
  return low + (high - low) * uniform();
}

double RandomStream::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

} // namespace microfiche
