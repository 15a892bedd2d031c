#pragma once

#include "core/random.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::data {

/// A key and its value, as a page states them: "ab kfqe".
struct Pair {
  std::string key;
  std::string value;

  bool operator==(const Pair&) const = default;
};

/// A closed range of whole numbers.
using Counts = std::pair<int64_t, int64_t>;

/// How pairs of a key and a value are drawn.
struct PairsConfig {
  /// Range of the number of pairs on a page, drawn evenly in the logarithm, 1
  /// to 1000. A page has no more than its mix's upper `characters_per_token`
  /// allows.
  Counts count = {1, 36};

  /// Range of the length of keys, which are lowercase letters; 1 to 32.
  Counts key_characters = {1, 3};

  /// Range of the length of values, 1 to 64.
  Counts value_characters = {3, 6};

  /// What values consist of ("letters", "digits", "hexadecimal", "mixed_case"),
  /// with weights.
  std::map<std::string, double> values = {{"letters", 1}};

  /// Fraction of keys that differ from another key of the page only in their
  /// last letter.
  double similar_keys = 0.1;

  /// Fraction of pairs that give an earlier key of the page a new value. The
  /// last value is the right one.
  double updates = 0;

  /// How pages show their pairs, with weights: "grid" begins each pair at the
  /// left edge of a vision token, "lines" is running text.
  std::map<std::string, double> layouts = {{"grid", 0.5}, {"lines", 0.5}};

  /// What stands between two pairs in the layout "lines"; not empty.
  std::string separator = ", ";
};

/// Throws `InputError` for unknown names, for fractions outside [0, 1], and for
/// keys that are too short to be distinct.
void validate(const PairsConfig& config, const std::string& where);

template <typename Visitor>
void visit_fields(Visitor&& visit, PairsConfig& config) {
  visit("count", config.count);
  visit("key_characters", config.key_characters);
  visit("value_characters", config.value_characters);
  visit("values", config.values);
  visit("similar_keys", config.similar_keys);
  visit("updates", config.updates);
  visit("layouts", config.layouts);
  visit("separator", config.separator);
}

/// Appends `count` pairs to `pairs`. All values are distinct; keys are distinct
/// but for updates, which replace only keys of the new pairs.
void append_pairs(
    std::vector<Pair>& pairs,
    int64_t count,
    const PairsConfig& config,
    RandomStream& random);

/// A key that is not among those of `pairs`; `similar_keys` holds for it, too.
std::string draw_new_key(
    const std::vector<Pair>& pairs,
    const PairsConfig& config,
    RandomStream& random);

/// "ab kfqe".
std::string entry_of(const Pair& pair);

/// The entries of `pairs` with `separator` between them.
std::string join_entries(
    const std::vector<Pair>& pairs,
    const std::string& separator);

/// Throws `InputError` unless 1 <= low <= high <= `most`.
void check_counts(
    const Counts& counts,
    int64_t most,
    const char* field,
    const std::string& where);

/// `check_weights`, with names that must be among `known`.
void check_named_weights(
    const std::map<std::string, double>& weights,
    const std::vector<std::string>& known,
    const char* field,
    const std::string& where);

} // namespace microfiche::data
