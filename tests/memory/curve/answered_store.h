#pragma once

#include "memory/pages.h"
#include "memory/plans.h"
#include "tests/memory/policy/plans.h"
#include "tests/memory/stores.h"

#include <cstdint>
#include <optional>
#include <string>

namespace microfiche::tests {

/// A store with plans and answers, as `memory recall` leaves them.
class AnsweredStoreTest : public StoreTest {
 protected:
  /// Turns "locker N holds wN" with a fact each, two on a page of
  /// `small_layout`, except that `text` replaces that of turn 2.
  void fill(
      memory::Store& store,
      int64_t num_turns,
      const std::string& conversation = "notes",
      const std::string& text = "") const {
    std::string lines;
    for (int64_t seq = 1; seq <= num_turns; ++seq) {
      const Json line = {
          {"conversation", conversation},
          {"seq", seq},
          {"role", "user"},
          {"text",
           seq == 2 && !text.empty() ? text
                                     : concat("locker ", seq, " holds w", seq)},
          {"time", nullptr},
          {"facts",
           {{{"key", concat("locker ", seq)},
             {"value", concat("w", seq)},
             {"kind", "letters"}}}}};
      lines += line.dump() + "\n";
    }
    import(store, lines);
    memory::LayoutOptions options;
    options.layout = small_layout();
    options.seal = true;
    memory::lay_out(store, options);
  }

  /// Plans with the modes nano-9, nano-4 and nano-1.
  static int64_t plan(
      memory::Store& store,
      const memory::Policy& policy,
      int64_t budget = 1000,
      int64_t conversation = 1) {
    auto input = nano_input(1);
    input.pages = memory::page_states(
        store,
        conversation,
        {[](const std::string& text) {
           return static_cast<int64_t>(text.size());
         },
         [](int64_t, int64_t) {
           return std::vector<int64_t>{13, 7, 3};
         }});
    input.budget = budget;
    input.now_seq = memory::next_seq(store, conversation) - 1;
    return memory::save_plan(
        store,
        conversation,
        policy,
        memory::make_plan(policy, input),
        "model",
        /*now_ms=*/0);
  }

  /// The run of a plan by a reader, which is added if it is missing.
  static int64_t run_of(
      memory::Store& store,
      int64_t plan,
      const std::string& dtype = "f32",
      const std::string& reading_config = "{}") {
    memory::Statement insert(
        store.database(),
        "INSERT OR IGNORE INTO recall_run (plan, model_sha256, dtype, "
        "reading_config) VALUES (?1, 'm', ?2, ?3)");
    insert.bind(plan, dtype, reading_config).run();
    memory::Statement find(
        store.database(),
        "SELECT id FROM recall_run WHERE plan = ?1 AND dtype = ?2 AND "
        "reading_config = ?3");
    find.bind(plan, dtype, reading_config).next();
    return find.integer(0);
  }

  /// Answers the question about fact `fact`; without one about something that
  /// was never stated.
  static void answer(
      memory::Store& store,
      int64_t plan,
      std::optional<int64_t> fact,
      const std::string& outcome,
      const std::string& text = "",
      const std::string& method = "transcription",
      std::optional<int64_t> run = std::nullopt) {
    auto& database = store.database();
    memory::Statement find(
        database,
        "SELECT id FROM probe WHERE (fact = ?1 OR (fact IS NULL AND ?1 IS "
        "NULL)) AND conversation = (SELECT conversation FROM plan WHERE id = "
        "?2)");
    if (!find.bind(fact, plan).next()) {
      memory::Statement add(
          database,
          "INSERT INTO probe (conversation, fact, question, asked_seq) "
          "SELECT conversation, ?1, 'key', now_seq FROM plan WHERE id = ?2");
      add.bind(fact, plan).run();
      find.bind(fact, plan).next();
    }
    memory::Statement insert(
        database,
        "INSERT INTO answer (probe, plan, text, outcome, seconds, method, run) "
        "VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)");
    insert
        .bind(
            find.integer(0),
            plan,
            text,
            outcome,
            method,
            run ? *run : run_of(store, plan))
        .run();
    if (fact) {
      memory::Statement place(
          database,
          "UPDATE answer SET page = item.page, tier = item.tier, mode = "
          "coalesce(item.mode, 'gone'), page_positions = item.positions, "
          "positions = (SELECT spent FROM plan WHERE id = ?2), age_pages = "
          "(SELECT max(position) FROM plan_item WHERE plan = ?2) - "
          "item.position, age_turns = (SELECT now_seq FROM plan WHERE id = ?2) "
          "- turn.seq, characters_per_token = item.positions * 2.0 "
          "FROM fact JOIN turn ON turn.id = fact.turn JOIN page_turn ON "
          "page_turn.turn = turn.id JOIN plan_item AS item ON item.page = "
          "page_turn.page WHERE answer.id = ?1 AND item.plan = ?2 AND fact.id "
          "= ?3");
      place.bind(database.last_id(), plan, *fact).run();
    }
  }
};

} // namespace microfiche::tests
