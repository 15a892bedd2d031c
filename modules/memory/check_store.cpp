#include "memory/check_store.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "memory/derived_files.h"
#include "memory/pages.h"

#include <optional>

namespace microfiche::memory {
namespace {

namespace fs = std::filesystem;

/// The most faults of one kind that are listed.
constexpr size_t kMostListed = 20;

class StoreChecker {
 public:
  StoreChecker(
      Store& store,
      bool rebuild,
      const std::function<void(int64_t, int64_t)>& progress)
      : store_(store), rebuild_(rebuild), progress_(progress) {}

  StoreReport run() {
    report_.counts = count(store_);
    total_ = report_.counts.turns + report_.counts.pages;
    check_database();
    check_turns();
    check_files();
    check_pages();
    count_unused_files();
    return std::move(report_);
  }

 private:
  void add_fault(const std::string& fault) {
    if (report_.faults.size() < kMostListed) {
      report_.faults.push_back(fault);
    }
  }

  void step() {
    throw_if_stop_requested();
    ++finished_;
    if (progress_) {
      progress_(finished_, total_);
    }
  }

  void check_database() {
    auto& database = store_.database();
    Statement integrity(database, "PRAGMA integrity_check(20)");
    while (integrity.next()) {
      if (integrity.text(0) != "ok") {
        add_fault("the file is damaged: " + integrity.text(0));
      }
    }
    Statement references(database, "PRAGMA foreign_key_check");
    while (references.next()) {
      add_fault(concat(
          "a row of ",
          references.text(0),
          " names a row of ",
          references.text(2),
          " that does not exist"));
    }
    try {
      database.run(
          "INSERT INTO turn_text (turn_text, rank) "
          "VALUES ('integrity-check', 1)");
    } catch (const InputError& error) {
      add_fault(concat("the full-text index is damaged: ", error.what()));
    }
    Statement both(
        database,
        "SELECT conversation, seq FROM turn "
        "JOIN erased_turn USING (conversation, seq)");
    while (both.next()) {
      add_fault(concat(
          "turn ",
          both.integer(1),
          " of conversation ",
          both.integer(0),
          " was erased and is there"));
    }
  }

  void check_turns() {
    Statement query(
        store_.database(), "SELECT conversation, seq, text, sha256 FROM turn");
    while (query.next()) {
      if (sha256(query.text(2)) != query.text(3)) {
        add_fault(concat(
            "turn ",
            query.integer(1),
            " of conversation ",
            query.integer(0),
            " is not the text that was stored"));
      }
      step();
    }
  }

  /// Whether a file is there and whole. Removes a damaged one in a rebuild.
  bool is_whole(const std::string& hash, std::string_view extension) {
    const auto path = derived_file(store_, hash, extension);
    if (!fs::exists(path)) {
      ++report_.missing_files;
      return false;
    }
    const MappedFile file(path);
    if (sha256(file.bytes()) == hash) {
      return true;
    }
    report_.damaged_files.push_back(path.string());
    if (rebuild_) {
      fs::remove(path);
    }
    return false;
  }

  /// Rows whose file is not whole are forgotten in a rebuild.
  void check_files() {
    std::vector<std::pair<const char*, int64_t>> lost;
    const auto look = [&](const char* table,
                          const char* column,
                          std::string_view extension) {
      Statement query(
          store_.database(), concat("SELECT id, ", column, " FROM ", table));
      while (query.next()) {
        throw_if_stop_requested();
        if (!is_whole(query.text(1), extension)) {
          lost.emplace_back(table, query.integer(0));
        }
      }
    };
    look("token_file", "sha256", kTokensExtension);
    look("rendering", "png_sha256", kPngExtension);
    if (!rebuild_) {
      return;
    }
    Transaction transaction(store_.database());
    for (const auto& [table, id] : lost) {
      Statement forget(
          store_.database(), concat("DELETE FROM ", table, " WHERE id = ?1"));
      forget.bind(id).run();
      report_.forgotten_files += store_.database().num_changed();
    }
    transaction.commit();
  }

  void check_pages() {
    for (const auto& style : styles(store_)) {
      const auto fonts = load_fonts(style);
      for (const auto& conversation : conversations(store_)) {
        for (const auto& page : pages(store_, conversation.id, style.id)) {
          const auto text = fonts ? sound_text(page, style, *fonts)
                                  : std::optional<std::string>();
          if (!fonts) {
            ++report_.pages_with_other_fonts;
          } else if (text && rebuild_ && !find_original(store_, page.id)) {
            draw_again(page, *text, style, *fonts);
          }
          step();
        }
      }
    }
  }

  /// What draws pages of a style.
  struct Fonts {
    rendering::PageRenderer page_renderer;
    Renderer renderer;
    /// As when its first page was laid out.
    bool same = false;
  };

  /// None if a font is missing.
  static std::optional<Fonts> load_fonts(const StoredStyle& style) {
    try {
      const auto renderer = find_renderer(style.layout.page_style);
      return Fonts{
          rendering::PageRenderer(style.layout.page_style),
          renderer,
          renderer.font_sha256 == style.font_sha256};
    } catch (const InputError&) {
      return std::nullopt;
    }
  }

  /// The text of a page, if it is the one that was laid out.
  std::optional<std::string> sound_text(
      const StoredPage& page,
      const StoredStyle& style,
      const Fonts& fonts) {
    std::string fault =
        concat("page ", page.id, " has other text than its turns");
    try {
      auto text = page_text(store_, page, style.layout, fonts.page_renderer);
      if (sha256(text) == page.text_sha256) {
        return text;
      }
    } catch (const InputError& error) {
      fault = error.what();
    }
    if (fonts.same) {
      add_fault(fault);
    } else {
      ++report_.pages_with_other_fonts;
    }
    return std::nullopt;
  }

  void draw_again(
      const StoredPage& page,
      const std::string& text,
      const StoredStyle& style,
      const Fonts& fonts) {
    std::optional<rendering::RenderedPage> drawn;
    try {
      drawn = draw_page(
          fonts.page_renderer,
          text,
          concat(store_.path().string(), ": page ", page.id));
    } catch (const InputError&) {
      ++report_.pages_with_other_fonts;
      return;
    }
    Transaction transaction(store_.database());
    save_original(
        store_, page.id, page.text_sha256, style, fonts.renderer, *drawn);
    transaction.commit();
    ++report_.drawn_pages;
  }

  void count_unused_files() {
    report_.unused_files =
        rebuild_ ? remove_unused_files(store_) : num_unused_files(store_);
  }

  Store& store_;
  bool rebuild_;
  const std::function<void(int64_t, int64_t)>& progress_;
  StoreReport report_;
  int64_t finished_ = 0;
  int64_t total_ = 0;
};

} // namespace

StoreReport check_store(
    Store& store,
    bool rebuild,
    const std::function<void(int64_t, int64_t)>& progress) {
  return StoreChecker(store, rebuild, progress).run();
}

} // namespace microfiche::memory
