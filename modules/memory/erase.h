#pragma once

#include "memory/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::memory {

// Note [Erasure]
// An erasure removes turns and everything that was made from them: facts with
// their questions, questions for keys that were never stated, because those are
// made of stated ones, answers of their conversations, entries of the full-text
// index, and the pages that they stood on, with their pictures and vision
// tokens. The other turns of those pages are laid out again. All of this is one
// transaction. Then the index is built again, the file is written again without
// free space, a write-ahead log is emptied, and the files of the pages are
// removed. A process that is killed in between leaves an erasure that is not
// `cleaned`; the next one that opens the store for writing finishes it. Copies
// elsewhere, such as backups, are out of reach.

/// What an erasure removes besides turns, pages and files: what was made from
/// the turns, and everything else that has the text.
struct DerivedRows {
  /// Conversations with the text in their title or name.
  int64_t titles = 0;
  int64_t facts = 0;
  int64_t questions = 0;
  int64_t answers = 0;

  /// Texts that a model read from pages.
  int64_t readings = 0;

  int64_t total() const {
    return titles + facts + questions + answers + readings;
  }
};

/// Which turns to erase.
struct Selection {
  /// Numbers of turns of one conversation, both included.
  struct Range {
    int64_t conversation = 0;
    int64_t first_seq = 0;
    int64_t last_seq = 0;
  };
  std::vector<Range> ranges;

  /// Turns with an earlier time.
  std::optional<int64_t> before_ms;

  /// Turns with this text, byte for byte. Titles and names of conversations,
  /// facts, questions, answers and readings with it are removed as well.
  std::optional<std::string> matching;
};

struct ErasureReport {
  int64_t turns = 0;

  /// Pages that were removed, and pages on which their other turns stand now.
  int64_t removed_pages = 0;
  int64_t new_pages = 0;

  /// Files of pictures and vision tokens that were removed.
  int64_t removed_files = 0;

  DerivedRows derived;
};

/// The turns that a selection has, in order. Exactly one of its fields is set.
std::vector<StoredTurn> select(Store& store, const Selection& selection);

/// What an erasure of a selection removes besides turns and pages.
DerivedRows find_derived(Store& store, const Selection& selection);

/// Erases turns; see Note [Erasure].
ErasureReport erase(Store& store, const Selection& selection, int64_t now_ms);

/// Finishes erasures that were interrupted and returns the number of removed
/// files.
int64_t finish_erasures(Store& store);

} // namespace microfiche::memory
