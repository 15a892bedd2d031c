#include "data/batch_config.h"

#include "core/config.h"
#include "core/error.h"

namespace microfiche::data {

void validate(const BatchConfig& config, const std::string& where) {
  check(
      config.characters >= 1,
      where,
      ".characters: must be at least 1, got ",
      config.characters);
  check(
      config.vision_tokens >= 1,
      where,
      ".vision_tokens: must be at least 1, got ",
      config.vision_tokens);
  check(
      config.density_spread >= 1 && config.density_spread <= 10,
      where,
      ".density_spread: must be from 1 to 10, got ",
      config.density_spread);
  check(
      config.length_spread >= 1.01,
      where,
      ".length_spread: must be at least 1.01, got ",
      config.length_spread);
  check(
      config.points_per_page >= 0 && config.points_per_token >= 0,
      where,
      ": points_per_page and points_per_token must not be negative, got ",
      config.points_per_page,
      " and ",
      config.points_per_token);
  check_fraction(config.loose_points, "loose_points", where);
}

} // namespace microfiche::data
