#include "data/draw.h"

#include "core/error.h"

#include <cmath>

namespace microfiche::data {

double draw_even(RandomStream& random, const Range& range) {
  return random.uniform(range.first, range.second);
}

double draw_log(RandomStream& random, const Range& range) {
  return std::exp(
      random.uniform(std::log(range.first), std::log(range.second)));
}

void check_weights(
    const std::map<std::string, double>& weights,
    const char* field,
    const std::string& where) {
  double sum = 0;
  for (const auto& [name, weight] : weights) {
    check(
        weight >= 0 && std::isfinite(weight),
        where,
        ".",
        field,
        ".",
        name,
        ": a weight cannot be ",
        weight);
    sum += weight;
  }
  check(sum > 0, where, ".", field, ": expected a name with a weight above 0");
}

const std::string& draw_name(
    RandomStream& random,
    const std::map<std::string, double>& weights) {
  double sum = 0;
  for (const auto& [name, weight] : weights) {
    sum += weight;
  }
  double place = random.uniform(0, sum);
  const std::string* chosen = nullptr;
  for (const auto& [name, weight] : weights) {
    if (weight > 0) {
      chosen = &name;
      if (place < weight) {
        break;
      }
      place -= weight;
    }
  }
  return *chosen;
}

} // namespace microfiche::data
