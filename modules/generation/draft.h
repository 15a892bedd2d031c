#pragma once

#include "generation/draft_cost.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace microfiche::generation {

// Note [Drafts]
// A draft is a guess at the answer. The decoder computes the logits after
// several guessed ids in one pass, and an id counts only if the logits choose
// it; see Note [Blocks of ids]. So a draft changes the time and no id.
//
// An answer follows its draft with interruptions. After an id that differs, the
// draft may continue after the next id (a substitution), some ids later (the
// answer skips them), or elsewhere. The longest match of the answer's last ids
// decides. The share of right ids so far and the cost of a block decide how
// many ids are guessed (`DraftCost`). After guesses without a right id the
// draft rests for a while.
//
// Related: prompt lookup decoding; LLMA, arXiv:2304.04487; drafts of documents
// by an OCR pipeline, arXiv:2602.12957.

/// Ids in which the continuation of other ids can be looked up.
class DraftIndex {
 public:
  /// Ids that are compared at most.
  static constexpr int64_t kMaxMatch = 32;

  /// Memory of a reserved index.
  static constexpr int64_t kMaxBytesPerId = 16;

  /// Where a match ends, and its number of ids; 0 without a match.
  struct Match {
    int64_t end = 0;
    int64_t length = 0;
  };

  /// Reserves memory for a number of ids.
  void reserve(int64_t count);

  /// Appends an id, or a negative number, which matches nothing.
  void push(int64_t id);

  int64_t size() const {
    return static_cast<int64_t>(ids_.size());
  }
  int64_t operator[](int64_t position) const {
    return ids_[position];
  }

  /// The longest match of the last ids of `answer` in all ids, with at least
  /// two. It looks at the 64 latest places where the last two ids are.
  Match find(std::span<const int64_t> answer) const;

  /// The longest match that ends in [first, last]; of equals the first one.
  Match find_between(
      std::span<const int64_t> answer,
      int64_t first,
      int64_t last) const;

  /// How many of the last ids of `answer` stand before `end`, up to kMaxMatch.
  int64_t match_length(std::span<const int64_t> answer, int64_t end) const;

 private:
  size_t bucket(int64_t first, int64_t second) const;
  void rebuild();

  // 32 bits hold every id and every position of the largest draft.
  std::vector<int32_t> ids_;
  /// The last position of each bucket's pairs, and before each position the one
  /// before it in its bucket; -1 for none.
  std::vector<int32_t> latest_;
  std::vector<int32_t> before_;
};

/// Texts in which the next ids of an answer are looked up; see Note [Drafts].
/// The answer so far is always looked up, too. Many requests may share one.
class Draft {
 public:
  /// `texts` are ids. None: only the answer so far is looked up.
  explicit Draft(const std::vector<std::vector<int64_t>>& texts = {});

  const DraftIndex& index() const {
    return index_;
  }

 private:
  DraftIndex index_;
};

/// The place of one answer in its draft.
class DraftCursor {
 public:
  /// Ids of the longest block.
  static constexpr int64_t kMaxBlock = 64;

  explicit DraftCursor(std::shared_ptr<const Draft> draft);

  /// Adds an id to the answer.
  void push(int64_t id);

  /// Guesses at most `max_ids` next ids for one of `rows` rows. Often none.
  std::vector<int64_t>
  propose(int64_t max_ids, const DraftCost& cost = {}, int64_t rows = 1);

  /// Says how many ids of the last guess were right.
  void report(int64_t accepted);

  /// Ids that were guessed, and those that were right.
  int64_t drafted() const {
    return drafted_;
  }
  int64_t accepted() const {
    return accepted_;
  }

 private:
  const DraftIndex& source() const {
    return in_answer_ ? answer_index_ : draft_->index();
  }
  void search();
  int64_t guess_length(const DraftCost& cost, int64_t rows);

  std::shared_ptr<const Draft> draft_;
  std::vector<int64_t> answer_;
  DraftIndex answer_index_;

  /// The position of the next id in the draft, or in the answer itself.
  bool in_answer_ = false;
  int64_t next_ = 0;
  /// Whether the last id was another than expected.
  bool lost_ = false;

  /// Ids of the last guess, and whether it was a probe.
  int64_t proposed_ = 0;
  bool is_probe_ = false;
  /// Right and wrong ids so far; older ones count less.
  double right_ = 4;
  double wrong_ = 0.4;
  /// Guesses in a row without a right id, and plain steps until the next guess.
  int64_t failures_ = 0;
  int64_t rest_ = 0;

  int64_t drafted_ = 0;
  int64_t accepted_ = 0;
};

} // namespace microfiche::generation
