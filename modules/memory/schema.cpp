#include "memory/schema.h"

#include "core/error.h"

#include <array>
#include <fstream>
#include <optional>

namespace microfiche::memory {
namespace {

namespace fs = std::filesystem;

// Times are milliseconds since 1970, UTC. Hashes are SHA-256 as hexadecimal
// digits. Files of PNGs and vision tokens are named by the hash of their bytes.
constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE CHECK (name <> ''),
  title TEXT NOT NULL,
  source_format TEXT NOT NULL,
  source_sha256 TEXT,
  made_ms INTEGER NOT NULL
) STRICT;

-- The truth. All other content is derived from it.
CREATE TABLE turn (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation INTEGER NOT NULL REFERENCES conversation (id),
  seq INTEGER NOT NULL CHECK (seq >= 1),
  role TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'system', 'tool')),
  kind TEXT NOT NULL CHECK (kind IN ('talk', 'tool', 'system')),
  trust TEXT NOT NULL CHECK (trust IN ('user', 'assistant', 'tool', 'imported')),
  text TEXT NOT NULL CHECK (text <> ''),
  time_ms INTEGER,
  sha256 TEXT NOT NULL,
  UNIQUE (conversation, seq)
) STRICT;
CREATE TRIGGER turn_never_changes BEFORE UPDATE ON turn BEGIN
  SELECT RAISE(ABORT, 'a turn never changes; erase it');
END;

-- Kept by the program: triggers of a file from elsewhere may not use it.
CREATE VIRTUAL TABLE turn_text USING fts5 (
  text, content = 'turn', content_rowid = 'id');

-- A fact that a turn states; a later one may supersede it.
CREATE TABLE fact (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  turn INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  kind TEXT NOT NULL,
  importance REAL,
  supersedes INTEGER REFERENCES fact (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX fact_turn ON fact (turn);
CREATE INDEX fact_supersedes ON fact (supersedes);

-- A turn that a policy must keep well legible.
CREATE TABLE pin (
  turn INTEGER PRIMARY KEY REFERENCES turn (id) ON DELETE CASCADE,
  importance REAL NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('user', 'rule'))
) STRICT;

-- A page style with the turn headers, the fonts and the renderer.
CREATE TABLE style (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  json TEXT NOT NULL,
  font_sha256 TEXT NOT NULL,
  renderer TEXT NOT NULL,
  sha256 TEXT NOT NULL UNIQUE
) STRICT;

-- A sealed page. `part` is 0 for whole turns and counts the pages of one long
-- turn from 1.
CREATE TABLE page (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation INTEGER NOT NULL REFERENCES conversation (id),
  style INTEGER NOT NULL REFERENCES style (id),
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  part INTEGER NOT NULL CHECK (part >= 0),
  text_sha256 TEXT NOT NULL,
  UNIQUE (conversation, style, first_seq, part)
) STRICT;
CREATE TRIGGER page_never_changes BEFORE UPDATE ON page BEGIN
  SELECT RAISE(ABORT, 'a sealed page never changes');
END;

-- Bytes [begin_byte, end_byte) of a turn stand on a page. A turn cannot be
-- deleted while a page has it.
CREATE TABLE page_turn (
  page INTEGER NOT NULL REFERENCES page (id) ON DELETE CASCADE,
  turn INTEGER NOT NULL REFERENCES turn (id),
  begin_byte INTEGER NOT NULL,
  end_byte INTEGER NOT NULL,
  PRIMARY KEY (page, turn)
) STRICT, WITHOUT ROWID;
CREATE INDEX page_turn_turn ON page_turn (turn);

-- A picture of one page, or of several that are merged. `key` is the hash of
-- everything that decides its pixels. `how` is original, resized, cumulative,
-- rerendered or excerpt.
CREATE TABLE rendering (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  mode TEXT NOT NULL,
  how TEXT NOT NULL CHECK (how <> ''),
  parent INTEGER REFERENCES rendering (id) ON DELETE CASCADE,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  type_px REAL NOT NULL,
  characters INTEGER NOT NULL,
  png_sha256 TEXT NOT NULL
) STRICT;
CREATE INDEX rendering_parent ON rendering (parent);
-- The columns of the key come first: the integrity check of SQLite 3.40 takes
-- other orders of a table WITHOUT ROWID for damage.
CREATE TABLE rendering_page (
  rendering INTEGER NOT NULL REFERENCES rendering (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  page INTEGER NOT NULL REFERENCES page (id) ON DELETE CASCADE,
  PRIMARY KEY (rendering, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX rendering_page_page ON rendering_page (page);
CREATE TRIGGER rendering_goes_with_its_page AFTER DELETE ON rendering_page BEGIN
  DELETE FROM rendering WHERE id = old.rendering;
END;

-- Vision tokens of a rendering by one model.
CREATE TABLE token_file (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  rendering INTEGER NOT NULL REFERENCES rendering (id) ON DELETE CASCADE,
  model_sha256 TEXT NOT NULL,
  dtype TEXT NOT NULL,
  nominal INTEGER NOT NULL,
  valid INTEGER NOT NULL,
  positions INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  UNIQUE (rendering, model_sha256, dtype)
) STRICT;

CREATE TABLE policy (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  json TEXT NOT NULL,
  sha256 TEXT NOT NULL UNIQUE
) STRICT;

-- What a policy decided; `mode` is NULL for a page that is dropped.
CREATE TABLE plan (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation INTEGER NOT NULL REFERENCES conversation (id),
  policy INTEGER NOT NULL REFERENCES policy (id),
  budget INTEGER NOT NULL,
  spent INTEGER NOT NULL,
  now_seq INTEGER NOT NULL,
  made_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX plan_conversation ON plan (conversation);
CREATE TABLE plan_item (
  plan INTEGER NOT NULL REFERENCES plan (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  page INTEGER NOT NULL REFERENCES page (id) ON DELETE CASCADE,
  tier INTEGER NOT NULL,
  mode TEXT,
  how TEXT,
  reason TEXT NOT NULL,
  PRIMARY KEY (plan, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX plan_item_page ON plan_item (page);

-- A question reached a page: for ageing by use.
CREATE TABLE access (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  page INTEGER NOT NULL REFERENCES page (id) ON DELETE CASCADE,
  at_seq INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  probe_sha256 TEXT NOT NULL,
  hit INTEGER NOT NULL CHECK (hit IN (0, 1))
) STRICT;
CREATE INDEX access_page ON access (page);

-- A question for a fact; without a fact it was never stated.
CREATE TABLE probe (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation INTEGER NOT NULL REFERENCES conversation (id),
  fact INTEGER REFERENCES fact (id) ON DELETE CASCADE,
  question TEXT NOT NULL,
  asked_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX probe_conversation ON probe (conversation);
CREATE INDEX probe_fact ON probe (fact);
CREATE TABLE answer (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  probe INTEGER NOT NULL REFERENCES probe (id) ON DELETE CASCADE,
  plan INTEGER REFERENCES plan (id) ON DELETE CASCADE,
  text TEXT NOT NULL,
  outcome TEXT NOT NULL,
  log_probability REAL,
  seconds REAL NOT NULL
) STRICT;
CREATE INDEX answer_probe ON answer (probe);
CREATE INDEX answer_plan ON answer (plan);

-- What was erased: numbers, never content. `cleaned` is 1 when no byte of it is
-- left in the file.
CREATE TABLE erasure (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('turns', 'before', 'matching')),
  num_turns INTEGER NOT NULL,
  num_pages INTEGER NOT NULL,
  cleaned INTEGER NOT NULL CHECK (cleaned IN (0, 1))
) STRICT;
CREATE TABLE erased_turn (
  conversation INTEGER NOT NULL REFERENCES conversation (id),
  seq INTEGER NOT NULL,
  erasure INTEGER NOT NULL REFERENCES erasure (id),
  PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;
)sql";

// What a plan said before anything was encoded. `model` is the SHA-256 of the
// model's config.json; recalls are NULL if they were not known.
constexpr std::string_view kVersion2 = R"sql(
ALTER TABLE plan ADD COLUMN model TEXT NOT NULL DEFAULT '';
ALTER TABLE plan ADD COLUMN text_positions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE plan ADD COLUMN kv_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE plan ADD COLUMN expected_recall REAL;
ALTER TABLE plan_item ADD COLUMN positions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE plan_item ADD COLUMN expected_recall REAL;
)sql";

constexpr std::array kSteps = {kVersion1, kVersion2};

constexpr std::string_view kMagic = std::string_view("SQLite format 3\0", 16);

/// The fixed part of an SQLite file, https://sqlite.org/fileformat2.html.
constexpr size_t kHeaderBytes = 100;
constexpr size_t kUserVersionAt = 60;
constexpr size_t kApplicationIdAt = 68;

int64_t big_endian_at(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = at; i < at + 4; ++i) {
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return value;
}

/// The first bytes of a file, at most `kHeaderBytes`.
std::optional<std::string> read_header(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return std::nullopt;
  }
  std::string bytes(kHeaderBytes, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

void check_version(int64_t version, const fs::path& path) {
  check(
      version <= schema_version(),
      path.string(),
      ": the store has schema ",
      version,
      ", and this program knows schemas up to ",
      schema_version(),
      "; use a newer microfiche");
}

} // namespace

std::span<const std::string_view> schema_steps() {
  return kSteps;
}

int64_t schema_version() {
  return static_cast<int64_t>(kSteps.size());
}

FileKind check_store_file(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) {
    return FileKind::kMissing;
  }
  check(
      fs::is_regular_file(status),
      path.string(),
      ": expected a store, which is a file, got ",
      fs::is_directory(status) ? "a folder" : "a special file");
  const auto header = read_header(path);
  check<IoError>(header.has_value(), path.string(), ": cannot read the store");
  if (header->empty()) {
    return FileKind::kEmpty;
  }
  check(
      header->size() == kHeaderBytes && header->starts_with(kMagic),
      path.string(),
      ": expected a store of microfiche memory, got a file that is not of "
      "SQLite");
  const int64_t id = big_endian_at(*header, kApplicationIdAt);
  check(
      id == kApplicationId,
      path.string(),
      ": expected a store of microfiche memory, got an SQLite file of another "
      "program (application_id ",
      id,
      ")");
  check_version(big_endian_at(*header, kUserVersionAt), path);
  return FileKind::kStore;
}

bool is_store_file(const fs::path& path) {
  const auto header = read_header(path);
  return header && header->size() == kHeaderBytes &&
      header->starts_with(kMagic) &&
      big_endian_at(*header, kApplicationIdAt) == kApplicationId;
}

void migrate(Database& database, std::span<const std::string_view> steps) {
  const auto last = static_cast<int64_t>(steps.size());
  if (database.integer("PRAGMA user_version") == last &&
      database.integer("PRAGMA application_id") == kApplicationId) {
    return;
  }
  Transaction transaction(database);
  // Read again: another program may have made the store meanwhile.
  const int64_t version = database.integer("PRAGMA user_version");
  const int64_t id = database.integer("PRAGMA application_id");
  const bool empty =
      database.integer("SELECT COUNT(*) FROM sqlite_schema") == 0;
  check(
      id == kApplicationId || (empty && id == 0),
      database.path().string(),
      ": an SQLite file of another program (application_id ",
      id,
      ")");
  check(
      version <= last,
      database.path().string(),
      ": the store has schema ",
      version,
      ", and this program knows schemas up to ",
      last,
      "; use a newer microfiche");
  // First, so that the file is known as a store even if the process is killed
  // while it writes the tables.
  database.run(concat("PRAGMA application_id = ", kApplicationId));
  for (int64_t i = version; i < last; ++i) {
    database.run(std::string(steps[static_cast<size_t>(i)]));
  }
  database.run(concat("PRAGMA user_version = ", last));
  transaction.commit();
}

} // namespace microfiche::memory
