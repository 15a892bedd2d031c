#pragma once

#include <cstdint>
#include <string>

namespace microfiche::data {

/// The size of a batch.
struct BatchConfig {
  /// Target number of characters in the answers of a batch, which are texts of
  /// pages or conversations, without padding: as many rows as fit, and at least
  /// one. Batches of questions count ids instead, those of the questions
  /// included.
  int64_t characters = 4000;

  /// Maximum number of vision tokens of a batch's pages together, which bounds
  /// the encoder's work. A batch has at least one row.
  int64_t vision_tokens = 1 << 20;

  /// Rendered pages of a batch differ in their characters per vision token by
  /// up to this factor, 1 to 10.
  double density_spread = 1.15;

  /// Conversations of a batch differ in the bytes of prompt and answer together
  /// by up to this factor, at least 1.01.
  double length_spread = 1.3;

  /// Points of each rendered page at which the glyph heads predict the
  /// character. If `losses.glyph` or `losses.patch_glyph` has a weight, this or
  /// `points_per_token` must be above 0, otherwise both must be 0.
  int64_t points_per_page = 0;

  /// Additional points at which the glyph heads predict the character, for each
  /// vision token of a page.
  int64_t points_per_token = 0;

  /// Fraction of the glyph heads' points that may fall anywhere on the page;
  /// the others fall on characters.
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
