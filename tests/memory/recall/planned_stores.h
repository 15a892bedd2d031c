#pragma once

#include "memory/lay_out.h"
#include "memory/pages.h"
#include "memory/recall/stored_plan.h"
#include "tests/memory/stores.h"

#include <string>
#include <vector>

namespace microfiche::tests {

/// A folder with a store whose turns state facts, one turn on each page.
class PlannedStoreTest : public StoreTest {
 protected:
  /// A turn: its text, and the key and value that it states, if any.
  struct Line {
    std::string text;
    std::string key = {};
    std::string value = {};
    std::string kind = "words";
  };

  /// Adds turns to the conversation "notes", each on a page of its own.
  static void fill(memory::Store& store, const std::vector<Line>& lines) {
    for (const auto& line : lines) {
      add(store, "notes", {line.text});
      if (!line.key.empty()) {
        memory::Statement insert(
            store.database(),
            "INSERT INTO fact (turn, key, value, kind) VALUES "
            "((SELECT max(id) FROM turn), ?1, ?2, ?3)");
        insert.bind(line.key, line.value, line.kind).run();
      }
      memory::LayoutOptions options;
      options.layout = small_layout();
      options.seal = true;
      memory::lay_out(store, options);
    }
  }

  /// A plan that gives page i the mode `modes[i]`, 5 positions each, text 30.
  static memory::StoredPlan make_plan(
      memory::Store& store,
      const std::vector<std::string>& modes) {
    auto& database = store.database();
    database.run(
        "INSERT OR IGNORE INTO policy (id, json, sha256) VALUES (1, '{}', '')");
    memory::Statement insert(
        database,
        "INSERT INTO plan (conversation, policy, budget, spent, now_seq, "
        "made_ms, text_positions) VALUES (1, 1, 1000, ?1, "
        "(SELECT max(seq) FROM turn), 0, ?2)");
    const auto count = static_cast<int64_t>(modes.size());
    insert.bind(5 * count, 30 * count).run();
    const int64_t id = database.last_id();
    memory::Statement item(
        database,
        "INSERT INTO plan_item (plan, position, page, tier, mode, reason, "
        "positions) VALUES (?1, ?2, ?3, ?4, nullif(?5, 'gone'), 'policy', ?6)");
    const auto pages = memory::pages(store, 1);
    for (size_t i = 0; i < modes.size(); ++i) {
      const bool is_gone = modes[i] == "gone";
      item.bind(
              id,
              static_cast<int64_t>(i),
              pages.at(i).id,
              is_gone ? 0 : 1,
              modes[i],
              is_gone ? 0 : 5)
          .run();
    }
    return memory::find_plan(store, 1, id);
  }
};

} // namespace microfiche::tests
