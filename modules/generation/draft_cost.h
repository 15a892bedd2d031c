#pragma once

#include "decoder/decoder.h"

#include <cstdint>

namespace microfiche::generation {

/// The cost of one decoder call by its number of positions, relative to reading
/// all weights once. It decides how long a guess may be, and no id.
///
/// A call reads the dense weights once, the experts that some position chooses,
/// and computes for every position. Nothing is measured while it runs, so that
/// the guesses are the same on every run.
struct DraftCost {
  /// The dense weights.
  double dense = 1;

  /// The weights of all routed experts, and the share of them that a position
  /// chooses.
  double experts = 0;
  double chosen_share = 0;

  /// The arithmetic of one position.
  double position = 0.25;

  double of(double positions) const;

  /// How many ids each of `rows` rows guesses at best, in [0, most]: an id that
  /// is right saves the row's share of a plain step, and each id costs. Ids are
  /// right with `probability`, as long as all before them are.
  int64_t best_length(double probability, int64_t rows, int64_t most) const;
};

/// The cost of a decoder's calls, from its sizes and number types.
DraftCost draft_cost(const decoder::DecoderImpl& decoder);

} // namespace microfiche::generation
