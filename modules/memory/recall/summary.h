#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace microfiche::memory {

/// An extractive summary: of all sentences of the texts those with the highest
/// sum of the rarity of their words (see `WordCounts`) per token, as many as
/// take at most `max_tokens`. Each text keeps its sentences in their order, one
/// per line; it is empty if it has none. `num_tokens` becomes what they take.
///
/// A sentence ends at `.`, `!` or `?` before white space, or at a line break.
std::vector<std::string> summarize_texts(
    const std::vector<std::string>& texts,
    int64_t max_tokens,
    const std::function<int64_t(const std::string&)>& count_tokens,
    int64_t& num_tokens);

} // namespace microfiche::memory
