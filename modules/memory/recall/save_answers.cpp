#include "memory/recall/answers.h"

#include <optional>

namespace microfiche::memory {
namespace {

/// The row of a question, which is added if it is missing.
int64_t save_probe(Store& store, const StoredPlan& plan, const Probe& probe) {
  Statement query(
      store.database(),
      "SELECT id FROM probe WHERE conversation = ?1 AND fact IS ?2 "
      "AND question = ?3 AND asked_seq = ?4");
  query.bind(plan.conversation, probe.fact, probe.key, plan.now_seq);
  if (query.next()) {
    return query.integer(0);
  }
  Statement insert(
      store.database(),
      "INSERT INTO probe (conversation, fact, question, asked_seq) "
      "VALUES (?1, ?2, ?3, ?4)");
  insert.bind(plan.conversation, probe.fact, probe.key, plan.now_seq).run();
  return store.database().last_id();
}

/// The row of a run, which is added if it is missing.
int64_t
save_run(Store& store, const StoredPlan& plan, const RecallReader& reader) {
  Statement insert(
      store.database(),
      "INSERT OR IGNORE INTO recall_run (plan, model_sha256, dtype, "
      "reading_config) VALUES (?1, ?2, ?3, ?4)");
  insert
      .bind(
          plan.id,
          reader.model.sha256,
          reader.model.dtype,
          reader.reading_config)
      .run();
  Statement query(
      store.database(),
      "SELECT id FROM recall_run WHERE plan = ?1 AND model_sha256 = ?2 AND "
      "dtype = ?3 AND reading_config = ?4");
  query
      .bind(
          plan.id,
          reader.model.sha256,
          reader.model.dtype,
          reader.reading_config)
      .next();
  return query.integer(0);
}

} // namespace

SavedAnswers save_answers(
    Store& store,
    const StoredPlan& plan,
    const RecallReader& reader,
    const std::vector<Probe>& probes,
    const RecallTexts& texts,
    const std::vector<Answer>& answers) {
  Transaction transaction(store.database());
  SavedAnswers saved;
  saved.run = save_run(store, plan, reader);
  Statement drop(
      store.database(), "DELETE FROM answer WHERE run = ?1 AND probe = ?2");
  std::vector<int64_t> rows;
  for (const auto& probe : probes) {
    rows.push_back(save_probe(store, plan, probe));
    drop.bind(saved.run, rows.back()).run();
  }
  Statement others(
      store.database(),
      "SELECT count(DISTINCT probe) FROM answer WHERE run = ?1");
  others.bind(saved.run).next();
  saved.other_questions = others.integer(0);
  Statement insert(
      store.database(),
      "INSERT INTO answer (probe, plan, text, outcome, seconds, method, page, "
      "answered_page, tier, mode, age_pages, age_turns, positions, "
      "page_positions, characters_per_token, run) VALUES (?1, ?2, ?3, ?4, ?5, "
      "?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)");
  for (const auto& answer : answers) {
    const auto& probe = probes[answer.probe];
    const auto* item = probe.item ? &plan.items[*probe.item] : nullptr;
    /// A value of the page, or NULL.
    const auto of_page = [&](auto value) {
      return item ? std::optional(value()) : std::nullopt;
    };
    insert
        .bind(
            rows[answer.probe],
            plan.id,
            answer.text,
            name_of(answer.outcome),
            answer.seconds,
            name_of(answer.method),
            of_page([&] { return item->page; }),
            answer.answered_item
                ? std::optional(plan.items[*answer.answered_item].page)
                : std::nullopt,
            of_page([&] { return item->tier; }),
            of_page([&] { return item->mode; }),
            of_page([&] { return age_in_pages(plan, *probe.item); }),
            of_page([&] { return plan.now_seq - probe.seq; }),
            answer.positions,
            item ? item->positions : 0,
            probe.item ? characters_per_token(plan, texts, *probe.item)
                       : std::nullopt,
            saved.run)
        .run();
  }
  transaction.commit();
  return saved;
}

} // namespace microfiche::memory
