#pragma once

#include "memory/pages.h"
#include "memory/store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

namespace microfiche::memory {

// Note [Sealed pages]
// A page holds whole turns, as many as fit. It is sealed when the next turn
// does not fit, and never changes again; later turns are put on later pages.
// Turns after the last sealed page wait, unless the caller seals them too. A
// turn that is longer than a page has pages of its own. After an erasure the
// turns that shared a page with the erased one are laid out again, on a page of
// their own.

struct LayoutReport {
  int64_t new_pages = 0;

  /// Turns that were longer than a page.
  int64_t long_turns = 0;

  /// Turns that wait for a full page.
  int64_t waiting_turns = 0;

  /// Characters that no font has.
  int64_t replaced_characters = 0;
};

/// Lays out turns on pages of one style; see Note [Sealed pages].
class PageWriter {
 public:
  /// Throws `InputError` for a style that cannot be rendered.
  PageWriter(Store& store, StoredStyle style);

  /// Lays out turns of one conversation, which stand on no page of the style,
  /// in order. Without `seal` the turns of the last page wait. The caller holds
  /// a transaction. `done` is called with the number of turns that have their
  /// page, after each page; it may commit and begin a new transaction.
  void write(
      int64_t conversation,
      std::span<const StoredTurn> turns,
      bool seal,
      const std::function<void(int64_t)>& done = {});

  const LayoutReport& report() const {
    return report_;
  }

 private:
  struct Window;

  Window make_window(std::span<const StoredTurn> turns, size_t num_bytes);
  size_t write_whole_turns(
      int64_t conversation,
      std::span<const StoredTurn> turns,
      bool seal);
  void write_long_turn(int64_t conversation, const StoredTurn& turn);
  void save(
      const StoredPage& page,
      const std::string& text,
      const std::vector<TurnRange>& ranges,
      const rendering::RenderedPage& drawn);

  Store& store_;
  StoredStyle style_;
  rendering::PageRenderer page_renderer_;
  Renderer renderer_;
  LayoutReport report_;
  /// About as many bytes as two pages hold.
  size_t window_bytes_ = 1024;
};

struct LayoutOptions {
  LayoutConfig layout;

  /// Only this conversation; all without it.
  std::optional<int64_t> conversation;

  /// Seal the last page of each conversation, even if it is not full.
  bool seal = false;
};

/// Lays out all turns that stand on no page of the layout yet. What is finished
/// is kept if the call is interrupted. `progress` is called with the numbers of
/// finished and of all these turns. Throws `InputError` as `PageWriter`.
LayoutReport lay_out(
    Store& store,
    const LayoutOptions& options,
    const std::function<void(int64_t, int64_t)>& progress = {});

} // namespace microfiche::memory
