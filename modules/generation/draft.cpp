#include "generation/draft.h"

#include "core/error.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace microfiche::generation {
namespace {

// Places of two ids that `find` compares. A hostile text has many.
constexpr int64_t kMaxPlaces = 64;

// A mismatch is first looked up this far around its position in the draft.
constexpr int64_t kBehind = 32;
constexpr int64_t kAhead = 256;

// The answer may skip this many ids of the draft; then one id is enough to find
// the position.
constexpr int64_t kSkipped = 4;

// Ids that must match elsewhere in the draft, and in the answer, where a place
// that was right once is no better than others.
constexpr int64_t kMatchElsewhere = 3;
constexpr int64_t kMatchInAnswer = 4;

// Ids of a guess where no guess seems to pay, and the share of right ids of a
// good draft.
constexpr int64_t kProbe = 4;
constexpr double kGoodShare = 0.97;

// How much earlier guesses count, per guess.
constexpr double kMemory = 0.8;

// Most steps without a guess after failures.
constexpr int64_t kMaxRest = 64;

} // namespace

void DraftIndex::reserve(int64_t count) {
  ids_.reserve(count);
  before_.reserve(count);
  latest_.assign(
      std::bit_ceil(static_cast<size_t>(std::max<int64_t>(count, 64))), -1);
  rebuild();
}

size_t DraftIndex::bucket(int64_t first, int64_t second) const {
  const auto key = static_cast<uint64_t>(first) << 32 |
      static_cast<uint64_t>(static_cast<uint32_t>(second));
  return (key * 0x9E3779B97F4A7C15 >> 32) & (latest_.size() - 1);
}

void DraftIndex::rebuild() {
  std::fill(latest_.begin(), latest_.end(), -1);
  for (int64_t i = 1; i < size(); ++i) {
    auto& latest = latest_[bucket(ids_[i - 1], ids_[i])];
    before_[i] = latest;
    latest = static_cast<int32_t>(i);
  }
}

void DraftIndex::push(int64_t id) {
  check(
      size() < std::numeric_limits<int32_t>::max() &&
          id <= std::numeric_limits<int32_t>::max(),
      "the draft has too many ids");
  ids_.push_back(static_cast<int32_t>(std::max<int64_t>(id, -1)));
  before_.push_back(-1);
  if (ids_.size() > latest_.size()) {
    reserve(2 * size());
    return;
  }
  if (const int64_t i = size() - 1; i > 0) {
    auto& latest = latest_[bucket(ids_[i - 1], ids_[i])];
    before_[i] = latest;
    latest = static_cast<int32_t>(i);
  }
}

int64_t DraftIndex::match_length(std::span<const int64_t> answer, int64_t end)
    const {
  const int64_t most =
      std::min({kMaxMatch, static_cast<int64_t>(answer.size()), end});
  int64_t length = 0;
  while (length < most &&
         ids_[end - 1 - length] == answer[answer.size() - 1 - length]) {
    ++length;
  }
  return length;
}

DraftIndex::Match DraftIndex::find(std::span<const int64_t> answer) const {
  Match best;
  if (answer.size() < 2 || latest_.empty()) {
    return best;
  }
  int64_t at =
      latest_[bucket(answer[answer.size() - 2], answer[answer.size() - 1])];
  for (int64_t i = 0; i < kMaxPlaces && at >= 0; ++i, at = before_[at]) {
    // A match at the end has no continuation.
    if (at + 1 < size()) {
      const int64_t length = match_length(answer, at + 1);
      if (length >= 2 && length > best.length) {
        best = {at + 1, length};
      }
    }
  }
  return best;
}

DraftIndex::Match DraftIndex::find_between(
    std::span<const int64_t> answer,
    int64_t first,
    int64_t last) const {
  Match best;
  last = std::min(last, size() - 1);
  for (int64_t end = std::max<int64_t>(first, 1); end <= last; ++end) {
    const int64_t length = match_length(answer, end);
    if (length > best.length) {
      best = {end, length};
    }
  }
  return best;
}

Draft::Draft(const std::vector<std::vector<int64_t>>& texts) {
  int64_t count = 0;
  for (const auto& text : texts) {
    count += static_cast<int64_t>(text.size()) + 1;
  }
  index_.reserve(count);
  for (const auto& text : texts) {
    for (const int64_t id : text) {
      index_.push(id);
    }
    index_.push(-1);
  }
}

DraftCursor::DraftCursor(std::shared_ptr<const Draft> draft)
    : draft_(std::move(draft)) {}

void DraftCursor::push(int64_t id) {
  const bool expected = next_ < source().size() && source()[next_] == id;
  answer_.push_back(id);
  answer_index_.push(id);
  if (lost_) {
    return;
  }
  lost_ = !expected;
  ++next_;
}

/// Finds the position again after ids that differ: `next_` is after the id
/// that was expected.
void DraftCursor::search() {
  const auto& draft = draft_->index();
  const int64_t expected = in_answer_ ? 0 : next_ - 1;
  auto match =
      draft.find_between(answer_, expected - kBehind, expected + kAhead);
  if (match.length == 1) {
    // One id says little, unless the answer skips a few ids.
    match = draft.find_between(answer_, expected + 2, expected + 1 + kSkipped);
  }
  const bool skips = match.length == 1 && failures_ == 0 && !in_answer_;
  if (match.length < kMatchElsewhere) {
    const auto elsewhere = draft.find(answer_);
    match = elsewhere.length >= kMatchElsewhere ? elsewhere : match;
  }
  if (match.length >= 2 || skips) {
    in_answer_ = false;
    next_ = match.end;
    lost_ = false;
    return;
  }
  const auto in_answer = answer_index_.find(answer_);
  if (in_answer.length >= kMatchInAnswer) {
    in_answer_ = true;
    next_ = in_answer.end;
    lost_ = false;
    return;
  }
  // As if the answer had replaced an id of the draft. Once: when it fails, only
  // a match leads back to the draft.
  lost_ = failures_ > 0;
}

int64_t DraftCursor::guess_length(const DraftCost& cost, int64_t rows) {
  const int64_t length =
      cost.best_length(right_ / (right_ + wrong_), rows, kMaxBlock);
  is_probe_ = length == 0;
  if (!is_probe_) {
    return length;
  }
  // A short guess now and then shows whether the draft has become right, unless
  // even a good draft does not pay.
  return cost.best_length(kGoodShare, rows, kProbe);
}

std::vector<int64_t>
DraftCursor::propose(int64_t max_ids, const DraftCost& cost, int64_t rows) {
  proposed_ = 0;
  if (rest_ > 0) {
    --rest_;
    return {};
  }
  if (lost_) {
    search();
  }
  std::vector<int64_t> ids;
  if (!lost_) {
    const int64_t length = std::min(guess_length(cost, rows), max_ids);
    const int64_t end = std::min(next_ + length, source().size());
    for (int64_t i = next_; i < end && source()[i] >= 0; ++i) {
      ids.push_back(source()[i]);
    }
  }
  proposed_ = static_cast<int64_t>(ids.size());
  return ids;
}

void DraftCursor::report(int64_t accepted) {
  if (proposed_ == 0) {
    return;
  }
  drafted_ += proposed_;
  accepted_ += accepted;
  right_ = kMemory * right_ + static_cast<double>(accepted);
  wrong_ = kMemory * wrong_ + (accepted < proposed_ ? 1 : 0);
  // A probe that is partly right does not pay either.
  if (is_probe_ ? accepted == proposed_ : accepted > 0) {
    failures_ = 0;
    return;
  }
  ++failures_;
  rest_ = failures_ == 1
      ? 0
      : std::min(kMaxRest, int64_t{1} << std::min<int64_t>(failures_, 6));
}

} // namespace microfiche::generation
