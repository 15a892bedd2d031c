#include "data/pairs.h"

#include "core/config.h"
#include "core/error.h"
#include "data/page_mix.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace microfiche::data {
namespace {

constexpr std::string_view kSmallLetters = "abcdefghijklmnopqrstuvwxyz";

/// The characters of a kind of values.
const std::map<std::string, std::string>& value_alphabets() {
  static const std::map<std::string, std::string> alphabets = {
      {"letters", std::string(kSmallLetters)},
      {"digits", "0123456789"},
      {"hexadecimal", "0123456789abcdef"},
      {"mixed_case",
       std::string(kSmallLetters) + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}};
  return alphabets;
}

std::string draw_characters(
    RandomStream& random,
    const Counts& length,
    std::string_view alphabet) {
  std::string text;
  for (auto left = random.between(length.first, length.second); left > 0;
       --left) {
    text += alphabet[random.below(alphabet.size())];
  }
  return text;
}

/// Draws until `is_new`. Drawn texts get longer if the short ones are taken.
template <typename Draw, typename IsNew>
std::string draw_new(Counts length, const Draw& draw, const IsNew& is_new) {
  constexpr int kTries = 50;
  while (true) {
    for (int i = 0; i < kTries; ++i) {
      auto text = draw(length);
      if (is_new(text)) {
        return text;
      }
    }
    ++length.second;
    length.first = length.second;
  }
}

} // namespace

void check_counts(
    const Counts& counts,
    int64_t most,
    const char* field,
    const std::string& where) {
  check(
      1 <= counts.first && counts.first <= counts.second &&
          counts.second <= most,
      where,
      ".",
      field,
      ": expected [low, high] with 1 <= low <= high <= ",
      most,
      ", got [",
      counts.first,
      ", ",
      counts.second,
      "]");
}

void check_named_weights(
    const std::map<std::string, double>& weights,
    const std::vector<std::string>& known,
    const char* field,
    const std::string& where) {
  check_weights(weights, field, where);
  for (const auto& [name, weight] : weights) {
    check(
        std::find(known.begin(), known.end(), name) != known.end(),
        where,
        ".",
        field,
        ": unknown name \"",
        name,
        "\"",
        did_you_mean(name, known));
  }
}

void validate(const PairsConfig& config, const std::string& where) {
  check_counts(config.count, 1000, "count", where);
  check_counts(config.key_characters, 32, "key_characters", where);
  check_counts(config.value_characters, 64, "value_characters", where);
  std::vector<std::string> kinds;
  for (const auto& [name, alphabet] : value_alphabets()) {
    kinds.push_back(name);
  }
  check_named_weights(config.values, kinds, "values", where);
  check_named_weights(config.layouts, {"grid", "lines"}, "layouts", where);
  check_fraction(config.similar_keys, "similar_keys", where);
  check_fraction(config.updates, "updates", where);
  check(!config.separator.empty(), where, ".separator: must not be empty");
  const double keys = std::pow(
      static_cast<double>(kSmallLetters.size()),
      static_cast<double>(config.key_characters.second));
  check(
      keys >= 2 * static_cast<double>(config.count.second),
      where,
      ".key_characters: there are only ",
      keys,
      " keys of at most ",
      config.key_characters.second,
      " letters, too few for ",
      config.count.second,
      " pairs; allow longer keys or fewer pairs");
}

std::string draw_new_key(
    const std::vector<Pair>& pairs,
    const PairsConfig& config,
    RandomStream& random) {
  const auto is_new = [&](const std::string& key) {
    return std::none_of(pairs.begin(), pairs.end(), [&](const Pair& pair) {
      return pair.key == key;
    });
  };
  if (!pairs.empty() && random.uniform() < config.similar_keys) {
    auto key = random.pick(pairs).key;
    key.back() = kSmallLetters[random.below(kSmallLetters.size())];
    if (is_new(key)) {
      return key;
    }
  }
  return draw_new(
      config.key_characters,
      [&](const Counts& length) {
        return draw_characters(random, length, kSmallLetters);
      },
      is_new);
}

void append_pairs(
    std::vector<Pair>& pairs,
    int64_t count,
    const PairsConfig& config,
    RandomStream& random) {
  const size_t first = pairs.size();
  for (int64_t i = 0; i < count; ++i) {
    Pair pair;
    const bool is_update =
        config.updates > 0 && i > 0 && random.uniform() < config.updates;
    pair.key = is_update
        ? pairs[first + random.below(static_cast<uint64_t>(i))].key
        : draw_new_key(pairs, config, random);
    const auto& alphabet =
        value_alphabets().at(draw_name(random, config.values));
    pair.value = draw_new(
        config.value_characters,
        [&](const Counts& length) {
          return draw_characters(random, length, alphabet);
        },
        [&](const std::string& value) {
          return std::none_of(pairs.begin(), pairs.end(), [&](const Pair& one) {
            return one.value == value;
          });
        });
    pairs.push_back(std::move(pair));
  }
}

std::string entry_of(const Pair& pair) {
  return pair.key + ' ' + pair.value;
}

std::string join_entries(
    const std::vector<Pair>& pairs,
    const std::string& separator) {
  std::string text;
  for (const auto& pair : pairs) {
    text += (text.empty() ? "" : separator) + entry_of(pair);
  }
  return text;
}

} // namespace microfiche::data
