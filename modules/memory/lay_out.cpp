#include "memory/lay_out.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/stop_signal.h"
#include "core/utf8.h"
#include "memory/derived_files.h"
#include "memory/turn_text.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace microfiche::memory {
namespace {

/// The turns of a conversation without a page of the style, in runs between
/// which other turns have pages.
std::vector<std::vector<StoredTurn>>
runs_without_page(Store& store, int64_t conversation, int64_t style) {
  Statement has_page(
      store.database(),
      "SELECT 1 FROM page_turn JOIN page ON page.id = page_turn.page "
      "WHERE page_turn.turn = ?1 AND page.style = ?2 LIMIT 1");
  std::vector<std::vector<StoredTurn>> runs;
  bool in_run = false;
  for_each_turn(store, conversation, [&](const StoredTurn& turn) {
    const bool paged = has_page.bind(turn.id, style).next();
    if (!paged) {
      if (!in_run) {
        runs.emplace_back();
      }
      runs.back().push_back(turn);
    }
    in_run = !paged;
  });
  return runs;
}

/// The number of these turns, of one conversation or of all.
int64_t num_without_page(
    Store& store,
    std::optional<int64_t> conversation,
    int64_t style) {
  Statement query(
      store.database(),
      "SELECT count(*) FROM turn WHERE (?1 IS NULL OR conversation = ?1) "
      "AND NOT EXISTS (SELECT 1 FROM page_turn "
      "JOIN page ON page.id = page_turn.page "
      "WHERE page_turn.turn = turn.id AND page.style = ?2)");
  query.bind(conversation, style).next();
  return query.integer(0);
}

/// The end of the character that byte `at` is inside of; at most the size of
/// the text.
size_t character_end(std::string_view text, size_t at) {
  at = std::min(at, text.size());
  while (at < text.size() && continues_code_point(text[at])) {
    ++at;
  }
  return at;
}

/// Whether turns after this one have pages.
bool is_before_pages(Store& store, const StoredTurn& turn, int64_t style) {
  Statement query(
      store.database(),
      "SELECT 1 FROM page WHERE conversation = ?1 AND style = ?2 "
      "AND first_seq > ?3 LIMIT 1");
  return query.bind(turn.conversation, style, turn.seq).next();
}

} // namespace

/// The text of the next turns, cut at about the end of the second page.
struct PageWriter::Window {
  std::string text;
  /// For each turn the byte of `text` at which it is complete; without limit
  /// for one that is cut.
  std::vector<size_t> ends;
  bool has_all = false;
};

PageWriter::PageWriter(Store& store, StoredStyle style)
    : store_(store),
      style_(std::move(style)),
      page_renderer_(style_.layout.page_style),
      renderer_(find_renderer(style_.layout.page_style)) {}

PageWriter::Window PageWriter::make_window(
    std::span<const StoredTurn> turns,
    size_t num_bytes) {
  Window window;
  for (const auto& turn : turns) {
    if (window.text.size() >= num_bytes) {
      return window;
    }
    const TurnText drawn(turn, style_.layout, page_renderer_);
    window.text += (window.text.empty() ? "" : "\n") + drawn.header(0);
    const size_t cut = character_end(
        drawn.body(),
        std::max(num_bytes, window.text.size() + 1) - window.text.size());
    window.text += drawn.body().substr(0, cut);
    if (cut < drawn.body().size()) {
      window.ends.push_back(std::numeric_limits<size_t>::max());
      return window;
    }
    window.ends.push_back(inked_size(window.text));
  }
  window.has_all = true;
  return window;
}

void PageWriter::save(
    const StoredPage& page,
    const std::string& text,
    const std::vector<TurnRange>& ranges,
    const rendering::RenderedPage& drawn) {
  StoredPage row = page;
  row.style = style_.id;
  row.text_sha256 = sha256(text);
  row.id = add_page(store_, row, ranges);
  save_original(store_, row.id, row.text_sha256, style_, renderer_, drawn);
  ++report_.new_pages;
}

size_t PageWriter::write_whole_turns(
    int64_t conversation,
    std::span<const StoredTurn> turns,
    bool seal) {
  Window window = make_window(turns, window_bytes_);
  auto drawn = page_renderer_.render_next(window.text, 0);
  const auto reaches_end = [&] {
    return drawn->source_end >= static_cast<int64_t>(inked_size(window.text));
  };
  // A mark can always be seen, so there is a page.
  while (!window.has_all && reaches_end()) {
    window_bytes_ *= 2;
    window = make_window(turns, window_bytes_);
    drawn = page_renderer_.render_next(window.text, 0);
  }
  const auto page_end = static_cast<size_t>(drawn->source_end);
  const auto fitting =
      std::upper_bound(window.ends.begin(), window.ends.end(), page_end);
  const auto count = static_cast<size_t>(fitting - window.ends.begin());
  if (count == 0) {
    return 0;
  }
  if (count == turns.size() && !seal) {
    report_.waiting_turns += static_cast<int64_t>(count);
    return count;
  }
  const std::string text = window.text.substr(0, window.ends[count - 1]);
  window_bytes_ = std::max<size_t>(64, 2 * text.size());
  if (count < window.ends.size()) {
    drawn = page_renderer_.render_next(text, 0);
  }
  std::vector<TurnRange> ranges;
  for (const auto& turn : turns.first(count)) {
    ranges.push_back({turn.id, 0, static_cast<int64_t>(turn.text.size())});
    report_.replaced_characters +=
        TurnText(turn, style_.layout, page_renderer_).num_replaced();
  }
  StoredPage page;
  page.conversation = conversation;
  page.first_seq = turns.front().seq;
  page.last_seq = turns[count - 1].seq;
  save(page, text, ranges, *drawn);
  return count;
}

void PageWriter::write_long_turn(int64_t conversation, const StoredTurn& turn) {
  const TurnText whole(turn, style_.layout, page_renderer_);
  const std::string& body = whole.body();
  report_.replaced_characters += whole.num_replaced();
  ++report_.long_turns;
  StoredPage page;
  page.conversation = conversation;
  page.first_seq = turn.seq;
  page.last_seq = turn.seq;
  for (size_t at = 0; at < body.size();) {
    throw_if_stop_requested();
    ++page.part;
    const std::string header = whole.header(page.part);
    // More than a page, less than the whole of a very long turn.
    size_t take = std::max<size_t>(window_bytes_, 1024);
    std::optional<rendering::RenderedPage> drawn;
    size_t end = at;
    for (;; take *= 2) {
      const size_t cut = character_end(body, at + take);
      const std::string text = header + body.substr(at, cut - at);
      drawn = page_renderer_.render_next(text, 0);
      const auto drawn_end = static_cast<size_t>(drawn->source_end);
      check(
          drawn_end > header.size(),
          "page style: a page has no room for the mark of a turn, \"",
          header,
          "\", and text after it; take larger pages, smaller type or the "
          "turn header \"short\"");
      end = at + drawn_end - header.size();
      if (cut == body.size() || drawn_end < inked_size(text)) {
        break;
      }
    }
    const std::string text = header + body.substr(at, end - at);
    drawn = page_renderer_.render_next(text, 0);
    // White space at the end of a page belongs to it.
    const size_t next = next_ink(body, end);
    save(
        page,
        text,
        {{turn.id,
          whole.source_byte(at),
          next == body.size() ? whole.num_bytes() : whole.source_byte(end)}},
        *drawn);
    at = next;
  }
}

void PageWriter::write(
    int64_t conversation,
    std::span<const StoredTurn> turns,
    bool seal,
    const std::function<void(int64_t)>& done) {
  for (size_t at = 0; at < turns.size();) {
    throw_if_stop_requested();
    const size_t count =
        write_whole_turns(conversation, turns.subspan(at), seal);
    if (count == 0) {
      write_long_turn(conversation, turns[at]);
    }
    at += std::max<size_t>(count, 1);
    if (done) {
      done(static_cast<int64_t>(at));
    }
  }
}

LayoutReport lay_out(
    Store& store,
    const LayoutOptions& options,
    const std::function<void(int64_t, int64_t)>& progress) {
  remove_unused_files(store);
  auto& database = store.database();
  std::optional<Transaction> transaction(std::in_place, database);
  const StoredStyle style = add_style(store, options.layout);
  PageWriter writer(store, style);
  const int64_t total = num_without_page(store, options.conversation, style.id);
  int64_t finished = 0;
  for (const auto& conversation : conversations(store)) {
    if (options.conversation && *options.conversation != conversation.id) {
      continue;
    }
    for (const auto& run :
         runs_without_page(store, conversation.id, style.id)) {
      const bool seal =
          options.seal || is_before_pages(store, run.back(), style.id);
      int64_t in_run = 0;
      writer.write(conversation.id, run, seal, [&](int64_t num_turns) {
        // Pages are kept in groups, because each commit waits for the disk.
        constexpr int64_t kPagesPerCommit = 32;
        if (writer.report().new_pages % kPagesPerCommit == 0) {
          transaction->commit();
          transaction.reset();
          transaction.emplace(database);
        }
        in_run = num_turns;
        if (progress) {
          progress(finished + in_run, total);
        }
      });
      finished += in_run;
    }
  }
  transaction->commit();
  return writer.report();
}

} // namespace microfiche::memory
