#include "memory/curve/age_bins.h"

#include "core/error.h"

#include <algorithm>
#include <map>
#include <optional>

namespace microfiche::memory::curve {
std::string name_of(AgeAxis axis) {
  return axis == AgeAxis::kPages ? "pages" : "turns";
}

std::string text_of(const AgeBin& bin) {
  return bin.first == bin.last ? concat(bin.first)
                               : concat(bin.first, "\u2013", bin.last);
}

int64_t age_of(const RecallRow& row, AgeAxis axis) {
  return axis == AgeAxis::kPages ? row.age_pages : row.age_turns;
}

std::vector<AgeBin> make_bins(int64_t oldest, int64_t width) {
  std::vector<AgeBin> bins;
  for (int64_t first = 0; first <= oldest;) {
    const int64_t size = width > 0 ? width : std::max<int64_t>(first, 1);
    // The last bin ends with the oldest age.
    bins.push_back({first, std::min(first + size - 1, oldest)});
    first += size;
  }
  return bins;
}

std::vector<AgeBin> cut_bins(
    const std::vector<AgeBin>& bins,
    const std::vector<int64_t>& cuts) {
  std::vector<AgeBin> list;
  for (auto bin : bins) {
    for (const int64_t cut : cuts) {
      if (bin.first < cut && cut <= bin.last) {
        list.push_back({bin.first, cut - 1});
        bin.first = cut;
      }
    }
    list.push_back(bin);
  }
  return list;
}

std::vector<int64_t> mode_changes(
    const std::vector<const RecallRow*>& rows,
    AgeAxis axis) {
  std::map<int64_t, std::map<int64_t, int64_t>> counts;
  for (const auto* row : rows) {
    ++counts[age_of(*row, axis)][row->tier];
  }
  std::vector<int64_t> changes;
  std::optional<int64_t> last;
  size_t num_changes = 0;
  for (const auto& [age, tiers] : counts) {
    const int64_t tier =
        std::max_element(
            tiers.begin(),
            tiers.end(),
            [](const auto& a, const auto& b) { return a.second < b.second; })
            ->first;
    if (last && tier != *last) {
      ++num_changes;
      // Conversations change their modes at slightly different ages.
      if (changes.empty() || age - changes.back() > 1 + age / 8) {
        changes.push_back(age);
      }
    }
    last = tier;
  }
  return 4 * num_changes > counts.size() ? std::vector<int64_t>() : changes;
}

} // namespace microfiche::memory::curve
