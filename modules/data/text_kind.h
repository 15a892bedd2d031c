#pragma once

#include "core/json.h"

namespace microfiche::data {

/// The kind of text on a page.
enum class TextKind {
  /// Passages of the corpus.
  kCorpus,
  /// Letters that cannot be guessed; see `random_letters`.
  kRandomLetters,
  /// Passages of the corpus with their words in random order.
  kShuffledWords,
};

NLOHMANN_JSON_SERIALIZE_ENUM(
    TextKind,
    {{TextKind::kCorpus, "corpus"},
     {TextKind::kRandomLetters, "random_letters"},
     {TextKind::kShuffledWords, "shuffled_words"}})

} // namespace microfiche::data
