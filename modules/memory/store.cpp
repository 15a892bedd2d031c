#include "memory/store.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/utf8.h"
#include "memory/erase.h"
#include "memory/schema.h"

#include <charconv>

namespace microfiche::memory {
namespace {

constexpr std::string_view kConversationColumns =
    "id, name, title, source_format, coalesce(source_sha256, ''), made_ms";

constexpr std::string_view kTurnColumns =
    "turn.id, turn.conversation, turn.seq, turn.role, turn.kind, turn.trust, "
    "turn.text, turn.time_ms";

Conversation read_conversation(const Statement& row) {
  return {
      row.integer(0),
      row.text(1),
      row.text(2),
      row.text(3),
      row.text(4),
      row.integer(5)};
}

StoredTurn read_turn(const Statement& row) {
  StoredTurn turn;
  turn.id = row.integer(0);
  turn.conversation = row.integer(1);
  turn.seq = row.integer(2);
  turn.role = find_role(row.text(3)).value_or(Role::kUser);
  turn.kind = find_kind(row.text(4)).value_or(Kind::kTalk);
  turn.trust = find_trust(row.text(5)).value_or(Trust::kImported);
  turn.text = row.text(6);
  turn.time_ms = row.optional_integer(7);
  return turn;
}

std::optional<Conversation>
find_where(Store& store, std::string_view condition, const auto& value) {
  Statement query(
      store.database(),
      concat(
          "SELECT ",
          kConversationColumns,
          " FROM conversation WHERE ",
          condition));
  query.bind(value);
  return query.next() ? std::optional(read_conversation(query)) : std::nullopt;
}

/// The words of a text as an FTS5 query for any of them.
std::string words_query(std::string_view text) {
  std::string query;
  std::string word;
  const auto finish = [&] {
    if (!word.empty()) {
      query += concat(query.empty() ? "" : " OR ", '"', word, '"');
      word.clear();
    }
  };
  for (const char character : text) {
    const bool letter = std::isalnum(static_cast<unsigned char>(character)) ||
        static_cast<unsigned char>(character) >= 0x80;
    if (letter) {
      word += character;
    } else {
      finish();
    }
  }
  finish();
  return query;
}

} // namespace

Store::Store(const std::filesystem::path& path, Mode mode) : path_(path) {
  const auto advice =
      ": there is no store; `microfiche memory import` or "
      "`microfiche memory add` makes one";
  const FileKind kind = check_store_file(path);
  check(
      mode == Mode::kCreate || kind == FileKind::kStore, path.string(), advice);
  if (mode != Mode::kRead) {
    lock_.emplace(
        files_folder(),
        FolderLock::Mode::kExclusive,
        path.string() +
            ": another process writes to the store; wait until it ends");
  }
  database_.emplace(path);
  if (mode == Mode::kRead) {
    database_->make_read_only();
    const int64_t version = database_->integer("PRAGMA user_version");
    check(version > 0, path.string(), advice);
    check(
        version == schema_version(),
        path.string(),
        ": the store has schema ",
        version,
        ", expected ",
        schema_version(),
        "; a command that writes, such as `microfiche memory pages`, raises "
        "an older one");
    return;
  }
  migrate(*database_, schema_steps());
  is_new_ = kind != FileKind::kStore;
  finish_erasures(*this);
}

Store::~Store() {
  try {
    if (!is_new_ ||
        database_->integer("SELECT count(*) FROM conversation") > 0) {
      return;
    }
  } catch (const Error&) {
    return;
  }
  database_.reset();
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  std::filesystem::remove(files_folder() / ".lock", ignored);
  // Fails if something is in it.
  std::filesystem::remove(files_folder(), ignored);
}

std::filesystem::path Store::files_folder() const {
  return path_.string() + ".files";
}

std::vector<Conversation> conversations(Store& store) {
  Statement query(
      store.database(),
      concat(
          "SELECT ", kConversationColumns, " FROM conversation ORDER BY id"));
  std::vector<Conversation> list;
  while (query.next()) {
    list.push_back(read_conversation(query));
  }
  return list;
}

std::optional<Conversation> find_by_name(
    Store& store,
    const std::string& name) {
  auto found = find_where(store, "name = ?1", name);
  return found ? found : find_where(store, "name = ?1", erased_name(name));
}

std::string erased_name(const std::string& name) {
  constexpr std::string_view kPrefix = "erased-";
  constexpr size_t kDigits = 16;
  const bool is_erased = name.starts_with(kPrefix) &&
      name.size() == kPrefix.size() + kDigits &&
      name.find_first_not_of("0123456789abcdef", kPrefix.size()) ==
          std::string::npos;
  return is_erased ? name : concat(kPrefix, sha256(name).substr(0, kDigits));
}

Conversation find_conversation(Store& store, const std::string& name) {
  auto found = find_by_name(store, name);
  int64_t id = 0;
  const char* end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data(), end, id);
  if (!found && parsed.ec == std::errc() && parsed.ptr == end) {
    found = find_where(store, "id = ?1", id);
  }
  check(
      found.has_value(),
      store.path().string(),
      ": no conversation \"",
      name,
      "\"; `microfiche memory list` shows their numbers and names");
  return *found;
}

int64_t add_conversation(Store& store, const Conversation& conversation) {
  Statement insert(
      store.database(),
      "INSERT INTO conversation (name, title, source_format, source_sha256, "
      "made_ms) VALUES (?1, ?2, ?3, nullif(?4, ''), ?5)");
  insert
      .bind(
          conversation.name,
          conversation.title,
          conversation.source_format,
          conversation.source_sha256,
          conversation.made_ms)
      .run();
  return store.database().last_id();
}

int64_t next_seq(Store& store, int64_t conversation) {
  Statement query(
      store.database(),
      "SELECT 1 + max("
      "coalesce((SELECT max(seq) FROM turn WHERE conversation = ?1), 0), "
      "coalesce((SELECT max(seq) FROM erased_turn WHERE conversation = ?1), "
      "0))");
  query.bind(conversation).next();
  return query.integer(0);
}

TurnWriter::TurnWriter(Store& store)
    : store_(store),
      insert_(
          store.database(),
          "INSERT INTO turn (conversation, seq, role, kind, trust, text, "
          "time_ms, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
      index_(
          store.database(),
          "INSERT INTO turn_text (rowid, text) VALUES (?1, ?2)") {}

int64_t TurnWriter::add(
    int64_t conversation,
    const Turn& turn,
    const std::string& where) {
  check(!turn.text.empty(), where, ": the turn has no text");
  check(
      turn.text.size() <= kMaxTurnBytes,
      where,
      ": the turn has ",
      turn.text.size(),
      " bytes of text, more than ",
      kMaxTurnBytes,
      ", the limit; split it");
  const size_t bad =
      std::min(valid_utf8_prefix(turn.text), turn.text.find('\0'));
  check(
      bad >= turn.text.size(),
      where,
      ": byte ",
      bad,
      " of the turn is ",
      turn.text.c_str()[bad] == '\0' ? "U+0000" : "not UTF-8",
      "; expected text in UTF-8");
  insert_
      .bind(
          conversation,
          turn.seq,
          name_of(turn.role),
          name_of(turn.kind),
          name_of(turn.trust),
          turn.text,
          turn.time_ms,
          sha256(turn.text))
      .run();
  const int64_t id = store_.database().last_id();
  index_.bind(id, turn.text).run();
  return id;
}

StoredTurn add_turn(
    Store& store,
    const std::string& conversation,
    Turn turn,
    int64_t now_ms) {
  check<UsageError>(
      !conversation.empty() &&
          valid_utf8_prefix(conversation) == conversation.size(),
      "the name of a conversation must be text in UTF-8 and not empty");
  Transaction transaction(store.database());
  const auto known = find_by_name(store, conversation);
  const int64_t id = known
      ? known->id
      : add_conversation(store, {0, conversation, "", "typed", "", now_ms});
  StoredTurn stored{std::move(turn)};
  stored.conversation = id;
  stored.seq = next_seq(store, id);
  stored.id = TurnWriter(store).add(id, stored, "turn");
  transaction.commit();
  return stored;
}

void for_each_turn(
    Store& store,
    int64_t conversation,
    const std::function<void(const StoredTurn&)>& visit,
    int64_t first) {
  Statement query(
      store.database(),
      concat(
          "SELECT ",
          kTurnColumns,
          " FROM turn WHERE conversation = ?1 AND seq >= ?2 ORDER BY seq"));
  query.bind(conversation, first);
  while (query.next()) {
    visit(read_turn(query));
  }
}

std::vector<StoredTurn>
turns(Store& store, int64_t conversation, int64_t first) {
  std::vector<StoredTurn> list;
  for_each_turn(
      store,
      conversation,
      [&](const StoredTurn& turn) { list.push_back(turn); },
      first);
  return list;
}

std::vector<StoredTurn> search(
    Store& store,
    std::string_view text,
    int64_t limit,
    std::optional<int64_t> conversation) {
  const std::string words = words_query(text);
  std::vector<StoredTurn> list;
  if (words.empty()) {
    return list;
  }
  Statement query(
      store.database(),
      concat(
          "SELECT ",
          kTurnColumns,
          " FROM turn_text JOIN turn ON turn.id = turn_text.rowid "
          "WHERE turn_text MATCH ?1 AND (?3 IS NULL OR conversation = ?3) "
          "ORDER BY bm25(turn_text), turn.id LIMIT ?2"));
  query.bind(words, limit, conversation);
  while (query.next()) {
    list.push_back(read_turn(query));
  }
  return list;
}

StoreCounts count(Store& store) {
  const auto rows = [&](const char* table) {
    return store.database().integer(concat("SELECT count(*) FROM ", table));
  };
  StoreCounts counts;
  counts.conversations = rows("conversation");
  counts.turns = rows("turn");
  counts.text_bytes = store.database().integer(
      "SELECT coalesce(sum(length(CAST(text AS BLOB))), 0) FROM turn");
  counts.erased_turns = rows("erased_turn");
  counts.pages = rows("page");
  counts.renderings = rows("rendering");
  counts.token_files = rows("token_file");
  return counts;
}

} // namespace microfiche::memory
