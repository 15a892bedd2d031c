#include "memory/recall/token_files.h"

#include "core/crypto.h"
#include "core/edit_distance.h"
#include "core/error.h"
#include "core/json.h"
#include "core/utf8.h"
#include "memory/recall/find_value.h"

#include <algorithm>

namespace microfiche::memory {
namespace {

constexpr std::string_view kTokenFiles =
    "SELECT token_file.id, rendering.id, nominal, valid, positions, "
    "token_file.sha256 FROM token_file "
    "JOIN rendering ON rendering.id = token_file.rendering ";

std::optional<StoredTokenFile> read_token_file(Statement& query) {
  if (!query.next()) {
    return std::nullopt;
  }
  return StoredTokenFile{
      query.integer(0),
      query.integer(1),
      query.integer(2),
      query.integer(3),
      query.integer(4),
      query.text(5)};
}

int64_t find_or_add_rendering(
    Store& store,
    const ResizedPage& page,
    const std::string& png_sha256) {
  const auto key = key_of(page);
  Statement query(store.database(), "SELECT id FROM rendering WHERE key = ?1");
  if (query.bind(key).next()) {
    return query.integer(0);
  }
  Statement insert(
      store.database(),
      "INSERT INTO rendering (key, mode, how, parent, width, height, type_px, "
      "characters, png_sha256) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
  insert
      .bind(
          key,
          page.mode,
          page.how,
          page.original,
          page.width,
          page.height,
          page.type_px,
          page.characters,
          png_sha256)
      .run();
  const int64_t id = store.database().last_id();
  Statement link(
      store.database(),
      "INSERT INTO rendering_page (rendering, page, position) "
      "VALUES (?1, ?2, ?3)");
  const auto pages =
      page.merged.empty() ? std::vector<int64_t>{page.page} : page.merged;
  for (size_t i = 0; i < pages.size(); ++i) {
    link.bind(id, pages[i], static_cast<int64_t>(i)).run();
  }
  return id;
}

} // namespace

std::string key_of(const ResizedPage& page) {
  return sha256(
      Json{page.page, page.original_png, page.mode, page.mode_json, page.how}
          .dump());
}

std::optional<StoredTokenFile> find_token_file(
    Store& store,
    int64_t page,
    const std::string& mode,
    const std::string& how,
    const TokenFileModel& model) {
  Statement query(
      store.database(),
      concat(
          kTokenFiles,
          "JOIN rendering_page ON rendering_page.rendering = rendering.id "
          "WHERE rendering_page.page = ?1 AND mode = ?2 AND how = ?3 "
          "AND model_sha256 = ?4 AND dtype = ?5 "
          "ORDER BY token_file.id DESC LIMIT 1"));
  return read_token_file(
      query.bind(page, mode, how, model.sha256, model.dtype));
}

std::optional<StoredTokenFile> find_token_file(
    Store& store,
    const std::string& rendering_key,
    const TokenFileModel& model) {
  Statement query(
      store.database(),
      concat(
          kTokenFiles, "WHERE key = ?1 AND model_sha256 = ?2 AND dtype = ?3"));
  return read_token_file(query.bind(rendering_key, model.sha256, model.dtype));
}

bool has_tokens_of_others(
    Store& store,
    int64_t page,
    const std::string& mode,
    const TokenFileModel& model) {
  Statement query(
      store.database(),
      concat(
          kTokenFiles,
          "JOIN rendering_page ON rendering_page.rendering = rendering.id "
          "WHERE rendering_page.page = ?1 AND mode = ?2 "
          "AND NOT (model_sha256 = ?3 AND dtype = ?4) LIMIT 1"));
  return query.bind(page, mode, model.sha256, model.dtype).next();
}

void add_token_file(
    Store& store,
    const ResizedPage& page,
    const std::string& png_sha256,
    const TokenFileModel& model,
    const StoredTokenFile& tokens) {
  Statement insert(
      store.database(),
      "INSERT INTO token_file (rendering, model_sha256, dtype, nominal, valid, "
      "positions, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  insert
      .bind(
          find_or_add_rendering(store, page, png_sha256),
          model.sha256,
          model.dtype,
          tokens.nominal,
          tokens.valid,
          tokens.positions,
          tokens.sha256)
      .run();
}

std::optional<StoredReading>
find_reading(Store& store, int64_t token_file, const std::string& config) {
  Statement query(
      store.database(),
      "SELECT text, stop, precision, seconds FROM reading "
      "WHERE token_file = ?1 AND reading_config = ?2");
  if (!query.bind(token_file, config).next()) {
    return std::nullopt;
  }
  return StoredReading{
      query.text(0), query.text(1), query.number(2), query.number(3)};
}

void save_reading(
    Store& store,
    int64_t token_file,
    const std::string& config,
    const StoredReading& reading) {
  Transaction transaction(store.database());
  Statement insert(
      store.database(),
      "INSERT OR REPLACE INTO reading (token_file, reading_config, text, stop, "
      "precision, seconds) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  insert
      .bind(
          token_file,
          config,
          reading.text,
          reading.stop,
          reading.precision,
          reading.seconds)
      .run();
  transaction.commit();
}

double reading_precision(
    const std::string& reference,
    const std::string& read) {
  const auto expected = decode_utf8(with_single_spaces(reference)).text;
  const auto given = decode_utf8(with_single_spaces(read)).text;
  const size_t longer = std::max(expected.size(), given.size());
  return longer == 0 ? 1.0
                     : 1.0 -
          static_cast<double>(edit_distance(expected, given)) /
              static_cast<double>(longer);
}

} // namespace microfiche::memory
