#include "memory/plans.h"

#include "core/crypto.h"
#include "core/error.h"
#include "memory/pages.h"

#include <cmath>

namespace microfiche::memory {
namespace {

std::string turn_name(const Store& store, int64_t conversation, int64_t seq) {
  return concat(
      store.path().string(), ": turn ", seq, " of conversation ", conversation);
}

int64_t find_turn_id(Store& store, int64_t conversation, int64_t seq) {
  Statement query(
      store.database(),
      "SELECT id FROM turn WHERE conversation = ?1 AND seq = ?2");
  check(
      query.bind(conversation, seq).next(),
      turn_name(store, conversation, seq),
      ": there is no such turn; `microfiche memory show` lists them");
  return query.integer(0);
}

int64_t add_policy(Store& store, const Policy& policy) {
  const auto text = write_config(policy.config).dump();
  const auto hash = sha256(text);
  Statement insert(
      store.database(),
      "INSERT INTO policy (json, sha256) VALUES (?1, ?2) ON CONFLICT DO "
      "NOTHING");
  insert.bind(text, hash).run();
  Statement query(store.database(), "SELECT id FROM policy WHERE sha256 = ?1");
  query.bind(hash).next();
  return query.integer(0);
}

} // namespace

std::vector<PageState>
page_states(Store& store, int64_t conversation, const PageCosts& costs) {
  const StoredStyle style = newest_style(store, conversation);
  const rendering::PageRenderer renderer(style.layout.page_style);
  Statement pin(
      store.database(),
      "SELECT max(pin.importance) FROM page_turn "
      "JOIN turn ON turn.id = page_turn.turn JOIN pin ON pin.turn = turn.id "
      "WHERE page_turn.page = ?1 AND (pin.source = 'user' OR turn.trust IN "
      "('user', 'assistant'))");
  Statement hit(
      store.database(),
      "SELECT max(at_seq) FROM access WHERE page = ?1 AND hit = 1");
  std::vector<PageState> states;
  for (const auto& page : pages(store, conversation, style.id)) {
    const StoredRendering original = original_of(store, page.id);
    PageState state;
    state.page = page.id;
    state.first_seq = page.first_seq;
    state.last_seq = page.last_seq;
    state.text_positions =
        costs.text_tokens(page_text(store, page, style.layout, renderer));
    state.positions = costs.positions(original.width, original.height);
    if (pin.bind(page.id).next() && !pin.is_null(0)) {
      state.importance = pin.number(0);
    }
    if (hit.bind(page.id).next()) {
      state.last_hit_seq = hit.optional_integer(0);
    }
    states.push_back(std::move(state));
  }
  return states;
}

int64_t save_plan(
    Store& store,
    int64_t conversation,
    const Policy& policy,
    const Plan& plan,
    const std::string& model,
    int64_t now_ms) {
  Transaction transaction(store.database());
  Statement insert(
      store.database(),
      "INSERT INTO plan (conversation, policy, budget, spent, now_seq, made_ms, "
      "model, text_positions, kv_bytes, expected_recall) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
  insert
      .bind(
          conversation,
          add_policy(store, policy),
          plan.budget,
          plan.spent,
          plan.now_seq,
          now_ms,
          model,
          plan.text_positions,
          plan.kv_bytes,
          plan.expected_recall)
      .run();
  const int64_t id = store.database().last_id();
  Statement add(
      store.database(),
      "INSERT INTO plan_item (plan, position, page, tier, mode, how, reason, "
      "positions, expected_recall) "
      "VALUES (?1, ?2, ?3, ?4, nullif(?5, 'gone'), ?6, ?7, ?8, ?9)");
  for (size_t i = 0; i < plan.items.size(); ++i) {
    const auto& item = plan.items[i];
    // A dropped page and a text have no picture.
    const bool is_picture = item.mode != kGone && item.mode != kText;
    add.bind(
           id,
           static_cast<int64_t>(i),
           item.page,
           item.tier,
           item.mode,
           is_picture ? std::optional(ageing_text(item.ageing, item.merged))
                      : std::nullopt,
           name_of(item.reason),
           item.positions,
           item.expected_recall)
        .run();
  }
  transaction.commit();
  return id;
}

void pin_turn(
    Store& store,
    int64_t conversation,
    int64_t seq,
    double importance) {
  check(
      std::isfinite(importance),
      turn_name(store, conversation, seq),
      ": the importance must be finite, got ",
      importance);
  Transaction transaction(store.database());
  Statement insert(
      store.database(),
      "INSERT INTO pin (turn, importance, source) VALUES (?1, ?2, 'user') "
      "ON CONFLICT (turn) DO UPDATE SET importance = ?2, source = 'user'");
  insert.bind(find_turn_id(store, conversation, seq), importance).run();
  transaction.commit();
}

bool unpin_turn(Store& store, int64_t conversation, int64_t seq) {
  Transaction transaction(store.database());
  Statement remove(store.database(), "DELETE FROM pin WHERE turn = ?1");
  remove.bind(find_turn_id(store, conversation, seq)).run();
  const bool removed = store.database().num_changed() > 0;
  transaction.commit();
  return removed;
}

} // namespace microfiche::memory
