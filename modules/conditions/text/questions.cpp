#include <algorithm>

#include "conditions/text/text_condition.h"
#include "data/pairs.h"

namespace microfiche::conditions {
namespace {

/// "ab kfqe" and a space are eight characters, a vision token of 13.3 px type.
data::PairsConfig short_pairs() {
  data::PairsConfig config;
  config.key_characters = {1, 2};
  config.value_characters = {3, 4};
  return config;
}

/// The mean of a pair with its separator.
constexpr double kCharactersPerPair = 8;

/// As many pairs as the length holds, at most `most`.
void write_pairs(
    PageText& page,
    const TextContext& context,
    double most,
    RandomStream& random) {
  const auto room = static_cast<int64_t>(
      static_cast<double>(context.characters) / kCharactersPerPair);
  std::vector<data::Pair> pairs;
  data::append_pairs(
      pairs,
      std::clamp<int64_t>(room, 1, static_cast<int64_t>(most)),
      short_pairs(),
      random);
  page = {data::join_entries(pairs, kPairSeparator), {}};
  for (auto& pair : pairs) {
    page.pairs.emplace_back(std::move(pair.key), std::move(pair.value));
  }
}

} // namespace

std::vector<TextCondition> questions() {
  return {
      {{"pairs",
        "random keys with values, of which one is asked for",
        Strength{"pairs at most", 1, 1000}},
       write_pairs},
      {{"lines",
        "the text as it is; asked for the rest of one of its lines",
        std::nullopt},
       [](PageText& page, const TextContext&, double, RandomStream&) {
         page.asks_lines = true;
       }}};
}

} // namespace microfiche::conditions
