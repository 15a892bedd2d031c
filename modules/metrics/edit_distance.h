#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace microfiche::metrics {

/// The fewest insertions, deletions and substitutions of one symbol each that
/// turn `a` into `b` (Levenshtein distance). A symbol is a code point, or the
/// number of a word.
///
/// Takes O(|a| |b| / 64) steps and O(|a| d / 64) memory with d distinct
/// symbols: two texts of 10,000 characters take a few milliseconds.
///
/// Source: Myers, "A fast bit-vector algorithm for approximate string matching
/// based on dynamic programming", J. ACM 46 (1999), in the block form of Hyyrö,
/// Nordic J. Computing 10 (2003).
int64_t edit_distance(std::u32string_view a, std::u32string_view b);

/// The same over the code points of UTF-8 text.
int64_t edit_distance(std::string_view a, std::string_view b);

/// A stretch of an alignment.
struct EditRun {
  enum class Kind { kEqual, kSubstitute, kDelete, kInsert };

  Kind kind;

  /// Symbols: of both texts for equal and substituted stretches, of the
  /// reference for deleted ones, of the prediction for inserted ones.
  int64_t length;

  bool operator==(const EditRun&) const = default;
};

/// One shortest way from `reference` to `prediction`, as runs in reading order.
/// The lengths of all runs but the equal ones add up to the edit distance.
/// Memory is |reference| |prediction| / 4 bytes.
std::vector<EditRun> align(
    std::u32string_view reference,
    std::u32string_view prediction);

} // namespace microfiche::metrics
