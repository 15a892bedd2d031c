#include "memory/erase.h"

#include "core/error.h"
#include "core/json.h"
#include "core/terminal.h"
#include "memory/derived_files.h"
#include "memory/lay_out.h"
#include "memory/pages.h"

#include <limits>
#include <map>
#include <set>

namespace microfiche::memory {
namespace {

/// The turns of one page that stay.
struct SharedPage {
  int64_t conversation = 0;
  int64_t style = 0;
  std::vector<StoredTurn> turns;
};

// Rows that an erasure removes: ?1 is a JSON list of the ids of its turns, ?2
// the text, or NULL.
constexpr const char* kFacts =
    "SELECT id FROM fact WHERE turn IN (SELECT value FROM json_each(?1)) OR "
    "instr(key, ?2) OR instr(value, ?2) OR instr(kind, ?2)";
constexpr const char* kConversations =
    "SELECT conversation FROM turn WHERE id IN (SELECT value FROM "
    "json_each(?1))";

std::string questions_sql() {
  return concat(
      "SELECT id FROM probe WHERE fact IN (",
      kFacts,
      ") OR instr(question, ?2) OR (fact IS NULL AND conversation IN (",
      kConversations,
      "))");
}

// What a model read from a page may have words of any turn on it, so all
// answers of a conversation go.
std::string answers_sql() {
  return concat(
      "SELECT id FROM answer WHERE instr(text, ?2) OR probe IN (",
      questions_sql(),
      ") OR probe IN (SELECT id FROM probe WHERE conversation IN (",
      kConversations,
      "))");
}

constexpr const char* kReadings =
    "SELECT id FROM reading WHERE instr(text, ?2) OR token_file IN (SELECT "
    "token_file.id FROM token_file JOIN rendering_page ON "
    "rendering_page.rendering = token_file.rendering JOIN page_turn ON "
    "page_turn.page = rendering_page.page JOIN turn ON turn.id = "
    "page_turn.turn WHERE turn.id IN (SELECT value FROM json_each(?1)) OR "
    // Its page may have been read in one context with an erased one.
    "(instr(reading_config, '\"context\"') AND turn.conversation IN (SELECT "
    "conversation FROM turn WHERE id IN (SELECT value FROM json_each(?1)))))";

/// The ids of turns as a JSON list.
std::string ids_json(const std::vector<StoredTurn>& turns) {
  Json ids = Json::array();
  for (const auto& turn : turns) {
    ids.push_back(turn.id);
  }
  return ids.dump();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A conversation without the text in its title and name.
Conversation without(Conversation conversation, const std::string& text) {
  if (has(conversation.title, text)) {
    conversation.title.clear();
  }
  if (has(conversation.name, text)) {
    conversation.name = erased_name(conversation.name);
  }
  return conversation;
}

StoredTurn find_turn(Store& store, int64_t conversation, int64_t seq) {
  Statement query(
      store.database(),
      "SELECT id, role, kind, trust, text, time_ms FROM turn "
      "WHERE conversation = ?1 AND seq = ?2");
  query.bind(conversation, seq).next();
  StoredTurn turn;
  turn.id = query.integer(0);
  turn.conversation = conversation;
  turn.seq = seq;
  turn.role = find_role(query.text(1)).value_or(Role::kUser);
  turn.kind = find_kind(query.text(2)).value_or(Kind::kTalk);
  turn.trust = find_trust(query.text(3)).value_or(Trust::kImported);
  turn.text = query.text(4);
  turn.time_ms = query.optional_integer(5);
  return turn;
}

/// The transaction of an erasure.
class Eraser {
 public:
  Eraser(Store& store, const std::vector<StoredTurn>& turns)
      : store_(store), database_(store.database()), turns_(turns) {
    for (const auto& turn : turns) {
      erased_.insert(turn.id);
    }
  }

  /// Ids of the pages with an erased turn, and what else stands on them.
  std::map<int64_t, SharedPage> find_pages() {
    std::map<int64_t, SharedPage> pages;
    Statement pages_of(
        database_,
        "SELECT page.id, page.conversation, page.style FROM page_turn "
        "JOIN page ON page.id = page_turn.page WHERE page_turn.turn = ?1");
    for (const int64_t turn : erased_) {
      pages_of.bind(turn);
      while (pages_of.next()) {
        auto& page = pages[pages_of.integer(0)];
        page.conversation = pages_of.integer(1);
        page.style = pages_of.integer(2);
      }
    }
    Statement turns_of(
        database_,
        "SELECT turn.id, turn.seq FROM page_turn "
        "JOIN turn ON turn.id = page_turn.turn WHERE page_turn.page = ?1 "
        "ORDER BY turn.seq");
    for (auto& [id, page] : pages) {
      turns_of.bind(id);
      while (turns_of.next()) {
        if (!erased_.contains(turns_of.integer(0))) {
          page.turns.push_back(
              find_turn(store_, page.conversation, turns_of.integer(1)));
        }
      }
    }
    return pages;
  }

  void remove_rows(const std::map<int64_t, SharedPage>& pages) {
    std::set<int64_t> conversations;
    for (const auto& turn : turns_) {
      conversations.insert(turn.conversation);
    }
    Statement drop_page(database_, "DELETE FROM page WHERE id = ?1");
    for (const auto& page : pages) {
      drop_page.bind(page.first).run();
    }
    Statement drop_entry(
        database_,
        "INSERT INTO turn_text (turn_text, rowid, text) "
        "VALUES ('delete', ?1, ?2)");
    Statement drop_turn(database_, "DELETE FROM turn WHERE id = ?1");
    for (const auto& turn : turns_) {
      drop_entry.bind(turn.id, turn.text).run();
      drop_turn.bind(turn.id).run();
    }
    Statement forget_title(
        database_,
        "UPDATE conversation SET title = '', source_sha256 = NULL "
        "WHERE id = ?1 "
        "AND NOT EXISTS (SELECT 1 FROM turn WHERE conversation = ?1)");
    for (const int64_t conversation : conversations) {
      forget_title.bind(conversation).run();
    }
  }

  void record(const char* kind, size_t num_pages, int64_t now_ms) {
    Statement insert(
        database_,
        "INSERT INTO erasure (at_ms, kind, num_turns, num_pages, cleaned) "
        "VALUES (?1, ?2, ?3, ?4, 0)");
    insert.bind(now_ms, kind, turns_.size(), num_pages).run();
    const int64_t erasure = database_.last_id();
    Statement mark(
        database_,
        "INSERT INTO erased_turn (conversation, seq, erasure) "
        "VALUES (?1, ?2, ?3)");
    for (const auto& turn : turns_) {
      mark.bind(turn.conversation, turn.seq, erasure).run();
    }
  }

  /// Lays the other turns of the pages out again. A style whose fonts are
  /// missing does not stop an erasure: its turns wait for `memory pages`.
  int64_t write_pages(const std::map<int64_t, SharedPage>& pages) {
    std::map<int64_t, std::optional<PageWriter>> writers;
    std::map<int64_t, StoredStyle> known;
    for (auto& style : styles(store_)) {
      known.emplace(style.id, std::move(style));
    }
    int64_t count = 0;
    for (const auto& entry : pages) {
      const SharedPage& page = entry.second;
      if (page.turns.empty()) {
        continue;
      }
      const auto [found, is_new] = writers.try_emplace(page.style);
      auto& writer = found->second;
      try {
        if (is_new) {
          writer.emplace(store_, known.at(page.style));
        }
        if (writer) {
          const int64_t before = writer->report().new_pages;
          writer->write(page.conversation, page.turns, /*seal=*/true);
          count += writer->report().new_pages - before;
        }
      } catch (const InputError& error) {
        warn(concat(
            "turns that shared a page with erased ones have no page now; run "
            "`microfiche memory pages` to lay them out: ",
            error.what()));
        writer.reset();
      }
    }
    return count;
  }

  /// Facts, questions, answers and readings, answers first because they depend
  /// on the others.
  void remove_derived(const std::optional<std::string>& text) {
    const std::pair<const char*, std::string> kinds[] = {
        {"answer", answers_sql()},
        {"probe", questions_sql()},
        {"fact", kFacts},
        {"reading", kReadings}};
    const auto ids = ids_json(turns_);
    for (const auto& [table, rows] : kinds) {
      Statement remove(
          database_,
          concat("DELETE FROM ", table, " WHERE id IN (", rows, ")"));
      remove.bind(ids, text).run();
    }
  }

  void remove_titles(const std::string& text) {
    Statement rename(
        database_,
        "UPDATE conversation SET title = ?2, name = ?3, source_sha256 = NULL "
        "WHERE id = ?1");
    for (const auto& known : conversations(store_)) {
      const auto changed = without(known, text);
      if (changed.title != known.title || changed.name != known.name) {
        rename.bind(known.id, changed.title, changed.name).run();
      }
    }
  }

 private:
  Store& store_;
  Database& database_;
  const std::vector<StoredTurn>& turns_;
  std::set<int64_t> erased_;
};

} // namespace

std::vector<StoredTurn> select(Store& store, const Selection& selection) {
  check<UsageError>(
      (selection.ranges.empty() ? 0 : 1) + (selection.before_ms ? 1 : 0) +
              (selection.matching ? 1 : 0) ==
          1,
      "erase: expected turns, --before or --matching, and only one of them");
  check<UsageError>(
      !selection.matching || !selection.matching->empty(),
      "--matching: expected a text, got an empty one, which every turn has");
  std::map<std::pair<int64_t, int64_t>, StoredTurn> found;
  const auto add = [&](Statement& query) {
    while (query.next()) {
      const int64_t conversation = query.integer(0);
      const int64_t seq = query.integer(1);
      found.emplace(
          std::pair(conversation, seq), find_turn(store, conversation, seq));
    }
  };
  if (selection.before_ms) {
    Statement query(
        store.database(),
        "SELECT conversation, seq FROM turn WHERE time_ms < ?1");
    add(query.bind(*selection.before_ms));
  }
  if (selection.matching) {
    Statement query(
        store.database(),
        "SELECT conversation, seq FROM turn WHERE instr(text, ?1)");
    add(query.bind(*selection.matching));
  }
  Statement range(
      store.database(),
      "SELECT conversation, seq FROM turn "
      "WHERE conversation = ?1 AND seq BETWEEN ?2 AND ?3");
  for (const auto& one : selection.ranges) {
    add(range.bind(one.conversation, one.first_seq, one.last_seq));
  }
  std::vector<StoredTurn> turns;
  for (auto& entry : found) {
    turns.push_back(std::move(entry.second));
  }
  return turns;
}

DerivedRows find_derived(Store& store, const Selection& selection) {
  const auto ids = ids_json(select(store, selection));
  const auto num_rows = [&](const std::string& rows) {
    Statement query(
        store.database(), concat("SELECT count(*) FROM (", rows, ")"));
    query.bind(ids, selection.matching).next();
    return query.integer(0);
  };
  DerivedRows derived;
  derived.facts = num_rows(kFacts);
  derived.questions = num_rows(questions_sql());
  derived.answers = num_rows(answers_sql());
  derived.readings = num_rows(kReadings);
  if (!selection.matching) {
    return derived;
  }
  for (const auto& known : conversations(store)) {
    const auto changed = without(known, *selection.matching);
    derived.titles +=
        changed.title != known.title || changed.name != known.name ? 1 : 0;
  }
  return derived;
}

ErasureReport erase(Store& store, const Selection& selection, int64_t now_ms) {
  ErasureReport report;
  {
    Transaction transaction(store.database());
    const auto turns = select(store, selection);
    Eraser eraser(store, turns);
    report.derived = find_derived(store, selection);
    if (turns.empty() && report.derived.total() == 0) {
      return report;
    }
    eraser.remove_derived(selection.matching);
    if (selection.matching) {
      eraser.remove_titles(*selection.matching);
    }
    const auto pages = eraser.find_pages();
    eraser.remove_rows(pages);
    eraser.record(
        selection.matching        ? "matching"
            : selection.before_ms ? "before"
                                  : "turns",
        pages.size(),
        now_ms);
    report.turns = static_cast<int64_t>(turns.size());
    report.removed_pages = static_cast<int64_t>(pages.size());
    report.new_pages = eraser.write_pages(pages);
    transaction.commit();
  }
  report.removed_files = finish_erasures(store);
  return report;
}

int64_t finish_erasures(Store& store) {
  auto& database = store.database();
  if (database.integer("SELECT count(*) FROM erasure WHERE cleaned = 0") == 0) {
    return 0;
  }
  const int64_t count = remove_unused_files(store);
  // A deleted entry stays in the index as a mark; only a new index has no byte
  // of it. VACUUM then drops the free space of the file.
  database.run("INSERT INTO turn_text (turn_text) VALUES ('rebuild')");
  database.run("VACUUM");
  check<IoError>(
      database.integer("PRAGMA wal_checkpoint(TRUNCATE)") == 0,
      store.path().string(),
      ": another program reads the store, so erased text is still in its "
      "write-ahead log; when it has ended, run `microfiche memory check`");
  database.run("UPDATE erasure SET cleaned = 1 WHERE cleaned = 0");
  return count;
}

} // namespace microfiche::memory
