#include "memory/pages.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/utf8.h"
#include "memory/derived_files.h"
#include "memory/turn_text.h"
#include "page/image_file.h"
#include "rendering/font.h"

namespace microfiche::memory {
namespace {

StoredStyle read_style(const Statement& row, const Store& store) {
  StoredStyle style;
  style.id = row.integer(0);
  style.layout = read_config<LayoutConfig>(
      parse_json(row.text(1), store.path().string()),
      concat(store.path().string(), ": style ", style.id));
  style.sha256 = row.text(2);
  style.font_sha256 = row.text(3);
  style.renderer = row.text(4);
  return style;
}

constexpr std::string_view kStyles =
    "SELECT id, json, sha256, font_sha256, renderer FROM style ";

constexpr std::string_view kPages =
    "SELECT id, conversation, style, first_seq, last_seq, part, text_sha256 "
    "FROM page ";

StoredPage read_page(const Statement& row) {
  return {
      row.integer(0),
      row.integer(1),
      row.integer(2),
      row.integer(3),
      row.integer(4),
      row.integer(5),
      row.text(6)};
}

std::string hash_of(const Json& json) {
  return sha256(json.dump());
}

} // namespace

Renderer find_renderer(const rendering::PageStyle& style) {
  std::vector<std::string> fonts = {style.font};
  fonts.insert(
      fonts.end(), style.fallback_fonts.begin(), style.fallback_fonts.end());
  const auto found = rendering::rendering_provenance(fonts);
  std::string hashes;
  for (const auto& hash : found.font_sha256) {
    hashes += hash;
  }
  return {
      sha256(hashes),
      concat(
          "Pango ",
          found.pango,
          ", Cairo ",
          found.cairo,
          ", HarfBuzz ",
          found.harfbuzz,
          ", FreeType ",
          found.freetype)};
}

StoredStyle add_style(Store& store, const LayoutConfig& layout) {
  const auto text = write_config(layout).dump();
  const auto hash = sha256(text);
  Statement query(store.database(), concat(kStyles, "WHERE sha256 = ?1"));
  if (query.bind(hash).next()) {
    return read_style(query, store);
  }
  const auto renderer = find_renderer(layout.page_style);
  Statement insert(
      store.database(),
      "INSERT INTO style (json, sha256, font_sha256, renderer) "
      "VALUES (?1, ?2, ?3, ?4)");
  insert.bind(text, hash, renderer.font_sha256, renderer.libraries).run();
  return {
      store.database().last_id(),
      layout,
      hash,
      renderer.font_sha256,
      renderer.libraries};
}

std::vector<StoredStyle> styles(Store& store) {
  Statement query(store.database(), concat(kStyles, "ORDER BY id"));
  std::vector<StoredStyle> list;
  while (query.next()) {
    list.push_back(read_style(query, store));
  }
  return list;
}

StoredStyle newest_style(Store& store, int64_t conversation) {
  Statement query(
      store.database(),
      concat(
          kStyles,
          "WHERE id = "
          "(SELECT style FROM page WHERE conversation = ?1 "
          "ORDER BY id DESC LIMIT 1)"));
  check(
      query.bind(conversation).next(),
      store.path().string(),
      ": conversation ",
      conversation,
      " has no pages; run `microfiche memory pages --seal`");
  return read_style(query, store);
}

StoredPage find_page(Store& store, int64_t page) {
  Statement query(store.database(), concat(kPages, "WHERE id = ?1"));
  check(
      query.bind(page).next(),
      store.path().string(),
      ": there is no page ",
      page);
  return read_page(query);
}

std::vector<StoredPage>
pages(Store& store, int64_t conversation, std::optional<int64_t> style) {
  Statement query(
      store.database(),
      concat(
          kPages,
          "WHERE conversation = ?1 AND (?2 IS NULL OR style = ?2) "
          "ORDER BY style, first_seq, part"));
  query.bind(conversation, style);
  std::vector<StoredPage> list;
  while (query.next()) {
    list.push_back(read_page(query));
  }
  return list;
}

int64_t add_page(
    Store& store,
    const StoredPage& page,
    const std::vector<TurnRange>& ranges) {
  Statement insert(
      store.database(),
      "INSERT INTO page (conversation, style, first_seq, last_seq, part, "
      "text_sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  insert
      .bind(
          page.conversation,
          page.style,
          page.first_seq,
          page.last_seq,
          page.part,
          page.text_sha256)
      .run();
  const int64_t id = store.database().last_id();
  Statement link(
      store.database(),
      "INSERT INTO page_turn (page, turn, begin_byte, end_byte) "
      "VALUES (?1, ?2, ?3, ?4)");
  for (const auto& range : ranges) {
    link.bind(id, range.turn, range.begin, range.end).run();
  }
  return id;
}

std::vector<PagePart> page_parts(
    Store& store,
    const StoredPage& page,
    const LayoutConfig& layout,
    const rendering::PageRenderer& renderer) {
  Statement query(
      store.database(),
      "SELECT turn.seq, turn.role, turn.text, page_turn.begin_byte, "
      "page_turn.end_byte FROM page_turn JOIN turn ON turn.id = page_turn.turn "
      "WHERE page_turn.page = ?1 ORDER BY turn.seq");
  query.bind(page.id);
  std::vector<PagePart> parts;
  while (query.next()) {
    Turn turn;
    turn.seq = query.integer(0);
    turn.role = find_role(query.text(1)).value_or(Role::kUser);
    turn.text = query.text(2);
    const auto size = static_cast<int64_t>(turn.text.size());
    const int64_t begin = query.integer(3);
    const int64_t end = query.integer(4);
    check(
        0 <= begin && begin <= end && end <= size,
        store.path().string(),
        ": page ",
        page.id,
        " has bytes ",
        begin,
        " to ",
        end,
        " of turn ",
        turn.seq,
        ", which has ",
        size);
    const TurnText drawn(turn, layout, renderer);
    const size_t from = drawn.body_byte(begin);
    const size_t to = drawn.body_byte(end);
    parts.push_back(
        {drawn.header(page.part), drawn.body().substr(from, to - from)});
  }
  return parts;
}

std::string page_text(
    Store& store,
    const StoredPage& page,
    const LayoutConfig& layout,
    const rendering::PageRenderer& renderer) {
  std::string text;
  for (const auto& part : page_parts(store, page, layout, renderer)) {
    text += (text.empty() ? "" : "\n") + part.mark + part.body;
  }
  text.resize(inked_size(text));
  return text;
}

rendering::RenderedPage draw_page(
    const rendering::PageRenderer& renderer,
    const std::string& text,
    const std::string& where) {
  auto drawn = renderer.render_next(text, 0);
  check(
      drawn && drawn->source_end >= static_cast<int64_t>(inked_size(text)),
      where,
      ": the text does not fit its page; were fonts installed or removed since "
      "it was laid out?");
  return std::move(*drawn);
}

int64_t save_original(
    Store& store,
    int64_t page,
    const std::string& text_sha256,
    const StoredStyle& style,
    const Renderer& renderer,
    const rendering::RenderedPage& drawn) {
  const StoredRendering row;
  const auto png =
      save_derived_file(store, page::encode_png(drawn.image), kPngExtension);
  const auto key = hash_of(Json{
      page,
      text_sha256,
      style.sha256,
      row.mode,
      row.how,
      renderer.font_sha256,
      renderer.libraries});
  Statement drop(store.database(), "DELETE FROM rendering WHERE key = ?1");
  drop.bind(key).run();
  Statement insert(
      store.database(),
      "INSERT INTO rendering (key, mode, how, width, height, type_px, "
      "characters, png_sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
  insert
      .bind(
          key,
          row.mode,
          row.how,
          drawn.image.width,
          drawn.image.height,
          drawn.font_size_px,
          count_code_points(drawn.text),
          png)
      .run();
  const int64_t id = store.database().last_id();
  Statement link(
      store.database(),
      "INSERT INTO rendering_page (rendering, page, position) "
      "VALUES (?1, ?2, 0)");
  link.bind(id, page).run();
  return id;
}

std::vector<StoredRendering> renderings(Store& store, int64_t page) {
  Statement query(
      store.database(),
      "SELECT rendering.id, mode, how, width, height, type_px, "
      "characters, png_sha256 FROM rendering JOIN rendering_page "
      "ON rendering_page.rendering = rendering.id "
      "WHERE rendering_page.page = ?1 ORDER BY rendering.id");
  query.bind(page);
  std::vector<StoredRendering> list;
  while (query.next()) {
    StoredRendering rendering;
    rendering.id = query.integer(0);
    rendering.mode = query.text(1);
    rendering.how = query.text(2);
    rendering.width = query.integer(3);
    rendering.height = query.integer(4);
    rendering.type_px = query.number(5);
    rendering.characters = query.integer(6);
    rendering.png_sha256 = query.text(7);
    list.push_back(std::move(rendering));
  }
  return list;
}

std::optional<StoredRendering> find_original(Store& store, int64_t page) {
  for (auto& rendering : renderings(store, page)) {
    if (rendering.how == "original") {
      return std::move(rendering);
    }
  }
  return std::nullopt;
}

StoredRendering original_of(Store& store, int64_t page) {
  auto found = find_original(store, page);
  check(
      found.has_value(),
      store.path().string(),
      ": page ",
      page,
      " has no picture; run `microfiche memory check --rebuild`");
  return std::move(*found);
}

} // namespace microfiche::memory
