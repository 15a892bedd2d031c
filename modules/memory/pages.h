#pragma once

#include "memory/layout_config.h"
#include "memory/store.h"
#include "rendering/page_renderer.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::memory {

/// A layout that a store has pages of.
struct StoredStyle {
  int64_t id = 0;
  LayoutConfig layout;

  /// Hash of the layout.
  std::string sha256;

  /// Fonts and libraries with which its first page was laid out.
  std::string font_sha256;
  std::string renderer;
};

/// Fonts and libraries that draw pages of a style on this machine.
struct Renderer {
  std::string font_sha256;
  std::string libraries;
};
Renderer find_renderer(const rendering::PageStyle& style);

/// The style with this layout, which is added if it is missing. The caller
/// holds a transaction.
StoredStyle add_style(Store& store, const LayoutConfig& layout);

/// All styles of a store.
std::vector<StoredStyle> styles(Store& store);

/// The style of the page of a conversation that was laid out last. Throws
/// `InputError` when there are no pages.
StoredStyle newest_style(Store& store, int64_t conversation);

/// Bytes [begin, end) of a turn that stand on a page.
struct TurnRange {
  int64_t turn = 0;
  int64_t begin = 0;
  int64_t end = 0;
};

/// A sealed page. It never changes.
struct StoredPage {
  int64_t id = 0;
  int64_t conversation = 0;
  int64_t style = 0;
  int64_t first_seq = 0;
  int64_t last_seq = 0;

  /// 0 for whole turns, or the number of this page of a long turn, from 1.
  int64_t part = 0;

  /// Of the text that is drawn on it.
  std::string text_sha256;
};

/// The page with this id. Throws `InputError` when there is none.
StoredPage find_page(Store& store, int64_t page);

/// The pages of a conversation in their order, of one style or of all.
std::vector<StoredPage> pages(
    Store& store,
    int64_t conversation,
    std::optional<int64_t> style = std::nullopt);

/// Adds a sealed page and returns its id. The caller holds a transaction.
int64_t add_page(
    Store& store,
    const StoredPage& page,
    const std::vector<TurnRange>& ranges);

/// What a page shows of one turn.
struct PagePart {
  /// Number and role, with the space after it.
  std::string mark;
  std::string body;
};

/// The turns of a page as they are drawn on it.
std::vector<PagePart> page_parts(
    Store& store,
    const StoredPage& page,
    const LayoutConfig& layout,
    const rendering::PageRenderer& renderer);

/// The text that is drawn on a page, from its turns.
std::string page_text(
    Store& store,
    const StoredPage& page,
    const LayoutConfig& layout,
    const rendering::PageRenderer& renderer);

/// Draws a text of one page. Throws `InputError` when it does not fit, because
/// the fonts are others than when the page was laid out.
rendering::RenderedPage draw_page(
    const rendering::PageRenderer& renderer,
    const std::string& text,
    const std::string& where);

/// A picture of a page.
struct StoredRendering {
  int64_t id = 0;

  /// Resolution mode; "page" for the page as it was drawn first.
  std::string mode = "page";

  /// "original", "resized", or the `ageing_text` that it was drawn with.
  std::string how = "original";
  int64_t width = 0;
  int64_t height = 0;
  double type_px = 0;
  int64_t characters = 0;
  std::string png_sha256;
};

/// Saves the picture of a page and adds its row, or replaces the row of the
/// same mode, way and renderer. The caller holds a transaction.
int64_t save_original(
    Store& store,
    int64_t page,
    const std::string& text_sha256,
    const StoredStyle& style,
    const Renderer& renderer,
    const rendering::RenderedPage& drawn);

/// The pictures of a page.
std::vector<StoredRendering> renderings(Store& store, int64_t page);

/// The picture of a page as it was drawn first; none if it was lost.
std::optional<StoredRendering> find_original(Store& store, int64_t page);

/// As `find_original`; throws `InputError` if it was lost.
StoredRendering original_of(Store& store, int64_t page);

} // namespace microfiche::memory
