#include "memory/schema.h"

#include <array>

namespace microfiche::memory {
namespace {

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

// What answers need to be compared, and what a model read from vision tokens.
// `method` is a name of memory/answers.h; `tier` and `mode` are those of
// `page`, the page that states the fact. They, the ages and `page` are NULL for
// a question about something that was never stated, and for answers from before
// this version.
constexpr std::string_view kVersion3 = R"sql(
ALTER TABLE answer ADD COLUMN method TEXT NOT NULL DEFAULT 'transcription';
ALTER TABLE answer ADD COLUMN page INTEGER
  REFERENCES page (id) ON DELETE CASCADE;
ALTER TABLE answer ADD COLUMN answered_page INTEGER
  REFERENCES page (id) ON DELETE CASCADE;
ALTER TABLE answer ADD COLUMN tier INTEGER;
ALTER TABLE answer ADD COLUMN mode TEXT;
ALTER TABLE answer ADD COLUMN age_pages INTEGER;
ALTER TABLE answer ADD COLUMN age_turns INTEGER;
ALTER TABLE answer ADD COLUMN positions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE answer ADD COLUMN page_positions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE answer ADD COLUMN characters_per_token REAL;
CREATE INDEX answer_page ON answer (page);
CREATE INDEX answer_answered_page ON answer (answered_page);

-- What the model of a token file read from it. `settings` is JSON of all that
-- the text depends on besides. `precision` is 1 - normalised edit distance to
-- the text of the page.
CREATE TABLE reading (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  token_file INTEGER NOT NULL UNIQUE
    REFERENCES token_file (id) ON DELETE CASCADE,
  settings TEXT NOT NULL,
  text TEXT NOT NULL,
  stop TEXT NOT NULL,
  precision REAL NOT NULL,
  seconds REAL NOT NULL
) STRICT;
)sql";

// A recall run is what one model, in one dtype and with one reading config, was
// asked about a plan: runs do not replace each other. `model_sha256` is that of
// `token_file`; it, the dtype and the reading config are empty for answers from
// before this version. A token file keeps a reading for each reading config.
constexpr std::string_view kVersion4 = R"sql(
CREATE TABLE recall_run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  plan INTEGER NOT NULL REFERENCES plan (id) ON DELETE CASCADE,
  model_sha256 TEXT NOT NULL,
  dtype TEXT NOT NULL,
  reading_config TEXT NOT NULL,
  UNIQUE (plan, model_sha256, dtype, reading_config)
) STRICT;
INSERT INTO recall_run (plan, model_sha256, dtype, reading_config)
  SELECT DISTINCT plan, '', '', '' FROM answer WHERE plan IS NOT NULL;
ALTER TABLE answer ADD COLUMN run INTEGER
  REFERENCES recall_run (id) ON DELETE CASCADE;
UPDATE answer SET run =
  (SELECT id FROM recall_run WHERE recall_run.plan = answer.plan);
CREATE INDEX answer_run ON answer (run);
UPDATE answer SET method = 'whole_text' WHERE method = 'full_text';
UPDATE answer SET method = 'blank_page' WHERE method = 'nothing';

CREATE TABLE new_reading (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  token_file INTEGER NOT NULL REFERENCES token_file (id) ON DELETE CASCADE,
  reading_config TEXT NOT NULL,
  text TEXT NOT NULL,
  stop TEXT NOT NULL,
  precision REAL NOT NULL,
  seconds REAL NOT NULL,
  UNIQUE (token_file, reading_config)
) STRICT;
INSERT INTO new_reading SELECT * FROM reading;
DROP TABLE reading;
ALTER TABLE new_reading RENAME TO reading;
)sql";

constexpr std::array kSteps = {kVersion1, kVersion2, kVersion3, kVersion4};

} // namespace

std::span<const std::string_view> schema_steps() {
  return kSteps;
}

int64_t schema_version() {
  return static_cast<int64_t>(kSteps.size());
}

} // namespace microfiche::memory
