#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace microfiche {

/// The smallest number of insertions, deletions and substitutions of single
/// symbols that turns `a` into `b` (Levenshtein distance). A symbol is a code
/// point, or the number of a word.
///
/// Takes O(|a| |b| / 64) time and O(|a| d / 64) memory for d distinct symbols:
/// a few milliseconds for two texts of 10,000 characters.
///
/// Source: Myers, "A fast bit-vector algorithm for approximate string matching
/// based on dynamic programming", J. ACM 46 (1999), in the block form of Hyyrö,
/// Nordic J. Computing 10 (2003).
int64_t edit_distance(std::u32string_view a, std::u32string_view b);

/// The same over the code points of UTF-8 text.
int64_t edit_distance(std::string_view a, std::string_view b);

/// Consecutive edits of one kind in an alignment.
struct EditRun {
  enum class Kind { kEqual, kSubstitute, kDelete, kInsert };

  Kind kind;

  /// Number of symbols: of both texts for `kEqual` and `kSubstitute`, of the
  /// reference for `kDelete`, of the prediction for `kInsert`.
  int64_t length;

  bool operator==(const EditRun&) const = default;
};

/// A shortest sequence of edits from `reference` to `prediction`, in reading
/// order. The lengths of all runs except `kEqual` sum to the edit distance.
/// Needs |reference| |prediction| / 4 bytes of memory.
std::vector<EditRun> align_texts(
    std::u32string_view reference,
    std::u32string_view prediction);

} // namespace microfiche
