#pragma once

#include "memory/curve/recall_rows.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::memory::curve {

enum class AgeAxis { kPages, kTurns };

/// "pages" or "turns".
std::string name_of(AgeAxis axis);

/// The age of the page or of the turn that states the fact of an answer.
int64_t age_of(const RecallRow& row, AgeAxis axis);

/// Ages from `first` to `last`, both included.
struct AgeBin {
  int64_t first = 0;
  int64_t last = 0;

  bool operator==(const AgeBin&) const = default;
};

/// "4-7", with an en dash, or "4" for one age.
std::string text_of(const AgeBin& bin);

/// Bins of the ages up to `oldest`, of this width; 0: they double.
std::vector<AgeBin> make_bins(int64_t oldest, int64_t width);

/// Bins that are cut before each of these ages, which are in ascending order.
std::vector<AgeBin> cut_bins(
    const std::vector<AgeBin>& bins,
    const std::vector<int64_t>& cuts);

/// Ages at which the mode of most questions is another than at the age before;
/// of ages that lie close together the first. None if every fourth age changes
/// the mode: the plan mixes modes then.
std::vector<int64_t> mode_changes(
    const std::vector<const RecallRow*>& rows,
    AgeAxis axis);

} // namespace microfiche::memory::curve
