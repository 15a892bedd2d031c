#pragma once

#include <cstdint>
#include <vector>

#include "core/random.h"

namespace microfiche::metrics {

/// Draws from a normal distribution of mean 5 and standard deviation 2.
inline std::vector<double> normal_values(size_t count, uint64_t seed) {
  RandomStream random(seed, "confidence test");
  std::vector<double> values(count);
  for (auto& value : values) {
    value = 5 + 2 * random.normal();
  }
  return values;
}

} // namespace microfiche::metrics
