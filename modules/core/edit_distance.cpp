#include "core/edit_distance.h"

#include "core/utf8.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

// The dynamic-programming table has one row per symbol of the pattern and one
// column per symbol of the text. A column is stored as differences between
// neighbouring rows, one bit each: `rises` where the next row is larger by one,
// `falls` where it is smaller by one.

namespace microfiche {
namespace {

/// For each symbol, a bit mask of the rows of the pattern that have it, 64 rows
/// per word.
class PatternMasks {
 public:
  explicit PatternMasks(std::u32string_view pattern)
      : num_blocks((pattern.size() + 63) / 64) {
    for (const char32_t symbol : pattern) {
      index_.try_emplace(symbol, index_.size() + 1);
    }
    masks_.assign((index_.size() + 1) * num_blocks, 0);
    for (size_t row = 0; row < pattern.size(); ++row) {
      masks_[index_.at(pattern[row]) * num_blocks + row / 64] |= uint64_t{1}
          << (row % 64);
    }
  }

  /// `num_blocks` words; all zero for a symbol that is not in the pattern.
  const uint64_t* find(char32_t symbol) const {
    const auto found = index_.find(symbol);
    const size_t index = found == index_.end() ? 0 : found->second;
    return masks_.data() + index * num_blocks;
  }

  const size_t num_blocks;

 private:
  std::unordered_map<char32_t, size_t> index_;
  std::vector<uint64_t> masks_;
};

struct Block {
  uint64_t rises = ~uint64_t{0};
  uint64_t falls = 0;
};

/// Computes the next column of the table. Returns the change of the entry in
/// row `last_row` of the last block: -1, 0 or 1.
int advance_column(
    std::vector<Block>& column,
    const uint64_t* masks,
    uint64_t last_row) {
  // The row above the first is 0, 1, 2, ...: it always rises.
  uint64_t rise_in = 1;
  uint64_t fall_in = 0;
  int change = 0;
  for (size_t i = 0; i < column.size(); ++i) {
    auto& block = column[i];
    const uint64_t match = masks[i] | fall_in;
    const uint64_t diagonal =
        (((match & block.rises) + block.rises) ^ block.rises) | match |
        block.falls;
    const uint64_t rise = block.falls | ~(diagonal | block.rises);
    const uint64_t fall = block.rises & diagonal;
    if (i + 1 == column.size()) {
      change = int((rise & last_row) != 0) - int((fall & last_row) != 0);
    }
    const uint64_t rise_shifted = rise << 1 | rise_in;
    const uint64_t fall_shifted = fall << 1 | fall_in;
    rise_in = rise >> 63;
    fall_in = fall >> 63;
    block.rises = fall_shifted | ~(diagonal | rise_shifted);
    block.falls = rise_shifted & diagonal;
  }
  return change;
}

uint64_t row_bit(size_t row) {
  return uint64_t{1} << (row % 64);
}

size_t common_prefix(std::u32string_view a, std::u32string_view b) {
  return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
      a.begin();
}

size_t common_suffix(std::u32string_view a, std::u32string_view b) {
  return std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first -
      a.rbegin();
}

void append_run(std::vector<EditRun>& runs, EditRun::Kind kind, size_t length) {
  if (length == 0) {
    return;
  }
  if (!runs.empty() && runs.back().kind == kind) {
    runs.back().length += static_cast<int64_t>(length);
  } else {
    runs.push_back({kind, static_cast<int64_t>(length)});
  }
}

/// Aligns two texts whose first and last symbols differ. The last run comes
/// first.
std::vector<EditRun> align_backwards(
    std::u32string_view reference,
    std::u32string_view prediction) {
  const PatternMasks masks(reference);
  std::vector<Block> column(masks.num_blocks);
  std::vector<Block> table;
  table.reserve(column.size() * prediction.size());
  for (const char32_t symbol : prediction) {
    advance_column(column, masks.find(symbol), row_bit(reference.size() - 1));
    table.insert(table.end(), column.begin(), column.end());
  }
  const auto block = [&](size_t i, size_t j) -> const Block& {
    return table[(j - 1) * masks.num_blocks + (i - 1) / 64];
  };

  // Rows i and columns j count symbols that are not yet aligned.
  std::vector<EditRun> runs;
  size_t i = reference.size();
  size_t j = prediction.size();
  while (i > 0 && j > 0) {
    if (block(i, j).rises & row_bit(i - 1)) {
      append_run(runs, EditRun::Kind::kDelete, 1);
      --i;
    } else if (j > 1 && (block(i, j - 1).falls & row_bit(i - 1))) {
      append_run(runs, EditRun::Kind::kInsert, 1);
      --j;
    } else {
      const bool equal = reference[i - 1] == prediction[j - 1];
      append_run(
          runs, equal ? EditRun::Kind::kEqual : EditRun::Kind::kSubstitute, 1);
      --i;
      --j;
    }
  }
  append_run(runs, EditRun::Kind::kDelete, i);
  append_run(runs, EditRun::Kind::kInsert, j);
  return runs;
}

} // namespace

int64_t edit_distance(std::u32string_view a, std::u32string_view b) {
  const size_t prefix = common_prefix(a, b);
  a.remove_prefix(prefix);
  b.remove_prefix(prefix);
  const size_t suffix = common_suffix(a, b);
  a.remove_suffix(suffix);
  b.remove_suffix(suffix);
  if (a.size() > b.size()) {
    std::swap(a, b);
  }
  auto distance = static_cast<int64_t>(a.size());
  if (a.empty()) {
    return static_cast<int64_t>(b.size());
  }
  const PatternMasks masks(a);
  std::vector<Block> column(masks.num_blocks);
  for (const char32_t symbol : b) {
    distance +=
        advance_column(column, masks.find(symbol), row_bit(a.size() - 1));
  }
  return distance;
}

int64_t edit_distance(std::string_view a, std::string_view b) {
  return edit_distance(decode_utf8(a).text, decode_utf8(b).text);
}

std::vector<EditRun> align_texts(
    std::u32string_view reference,
    std::u32string_view prediction) {
  const size_t prefix = common_prefix(reference, prediction);
  reference.remove_prefix(prefix);
  prediction.remove_prefix(prefix);
  const size_t suffix = common_suffix(reference, prediction);
  reference.remove_suffix(suffix);
  prediction.remove_suffix(suffix);

  std::vector<EditRun> runs;
  append_run(runs, EditRun::Kind::kEqual, prefix);
  if (reference.empty() || prediction.empty()) {
    append_run(runs, EditRun::Kind::kDelete, reference.size());
    append_run(runs, EditRun::Kind::kInsert, prediction.size());
  } else {
    const auto middle = align_backwards(reference, prediction);
    for (auto run = middle.rbegin(); run != middle.rend(); ++run) {
      append_run(runs, run->kind, run->length);
    }
  }
  append_run(runs, EditRun::Kind::kEqual, suffix);
  return runs;
}

} // namespace microfiche
