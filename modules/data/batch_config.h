#pragma once

#include <cstdint>
#include <string>

namespace microfiche::data {

/// The size of a batch.
struct BatchConfig {
  /// Target characters, padding left out; the batch holds as many pages as fit,
  /// and at least one.
  int64_t characters = 4000;

  /// Most vision tokens of all its pages, which bounds the encoder's work.
  int64_t vision_tokens = 1 << 20;

  /// Pages of a batch differ in density by up to this factor.
  double density_spread = 1.15;

  /// Rows from files, which are prompt and answer, differ in their characters
  /// by up to this factor.
  double length_spread = 1.3;

  /// Points of a page at which the glyph heads predict the character: a fixed
  /// number, and so many more for each vision token of the page.
  int64_t points_per_page = 0;
  int64_t points_per_token = 0;

  /// Fraction of these that may fall anywhere on the page; the others fall on
  /// characters.
  double loose_points = 0.2;
};

/// Throws `InputError` for sizes and spreads out of range.
void validate(const BatchConfig& config, const std::string& where);

template <typename Visitor>
void visit_fields(Visitor&& visit, BatchConfig& config) {
  visit("characters", config.characters);
  visit("vision_tokens", config.vision_tokens);
  visit("density_spread", config.density_spread);
  visit("length_spread", config.length_spread);
  visit("points_per_page", config.points_per_page);
  visit("points_per_token", config.points_per_token);
  visit("loose_points", config.loose_points);
}

} // namespace microfiche::data
