#include "memory/curve/timeline.h"

#include "core/error.h"
#include "memory/curve/recall_rows.h"
#include "memory/derived_files.h"
#include "memory/pages.h"
#include "memory/policy/accuracy_table.h"
#include "memory/recall/probes.h"
#include "memory/recall/stored_plan.h"
#include "rendering/page_renderer.h"

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace microfiche::memory::curve {
namespace {

/// Texts of pages in any style.
class PageTexts {
 public:
  explicit PageTexts(Store& store) : store_(store) {
    for (auto& style : styles(store)) {
      styles_.emplace(style.id, std::move(style));
    }
  }

  std::string find(const StoredPage& page) {
    const auto& layout = styles_.at(page.style).layout;
    auto& renderer = renderers_[page.style];
    if (renderer == nullptr) {
      renderer = std::make_unique<rendering::PageRenderer>(layout.page_style);
    }
    return page_text(store_, page, layout, *renderer);
  }

 private:
  Store& store_;
  std::map<int64_t, StoredStyle> styles_;
  std::map<int64_t, std::unique_ptr<rendering::PageRenderer>> renderers_;
};

/// The picture of the page in its mode, or else as it was drawn first, and what
/// was read from it.
void add_picture(Store& store, TimelinePage& page) {
  Statement query(
      store.database(),
      "SELECT rendering.id, rendering.png_sha256, rendering.width, "
      "rendering.height FROM rendering JOIN rendering_page "
      "ON rendering_page.rendering = rendering.id "
      "WHERE rendering_page.page = ?1 AND rendering.mode = ?2 AND "
      "rendering.how = 'resized' ORDER BY rendering.id DESC");
  Statement reading(
      store.database(),
      "SELECT reading.text, reading.stop, reading.precision FROM reading "
      "JOIN token_file ON token_file.id = reading.token_file "
      "WHERE token_file.rendering = ?1 ORDER BY reading.id DESC");
  std::string png;
  if (query.bind(page.page, page.mode).next()) {
    page.built = true;
    png = query.text(1);
    page.width = query.integer(2);
    page.height = query.integer(3);
    if (reading.bind(query.integer(0)).next()) {
      page.reading = reading.text(0);
      page.stop = reading.text(1);
      page.precision = reading.number(2);
    }
  } else if (const auto original = find_original(store, page.page)) {
    png = original->png_sha256;
    page.width = original->width;
    page.height = original->height;
  }
  // Derived files may have been deleted; `check --rebuild` makes them again.
  if (!png.empty() &&
      std::filesystem::exists(derived_file(store, png, kPngExtension))) {
    page.png = read_derived_file(store, png, kPngExtension);
  }
}

/// The facts on pages, with the answers of one method under one plan.
class PageFacts {
 public:
  PageFacts(
      Store& store,
      int64_t conversation,
      int64_t plan,
      const std::string& method)
      : plan_(plan),
        method_(method),
        facts_(
            store.database(),
            "SELECT fact.id, turn.seq, fact.key, fact.value FROM page_turn "
            "JOIN turn ON turn.id = page_turn.turn "
            "JOIN fact ON fact.turn = turn.id WHERE page_turn.page = ?1 "
            "ORDER BY turn.seq, fact.id"),
        // A fact of a turn that has several pages is asked on one of them.
        answer_(
            store.database(),
            "SELECT answer.text, answer.outcome FROM answer "
            "JOIN probe ON probe.id = answer.probe WHERE probe.fact = ?1 AND "
            "answer.plan = ?2 AND answer.method = ?3 AND answer.page = ?4 "
            "ORDER BY answer.id DESC") {
    const auto stored = find_plan(store, conversation, plan);
    for (const auto& fact : newest_facts(store, stored)) {
      newest_.insert(fact.id);
    }
  }

  std::vector<TimelineFact> find(int64_t page) {
    std::vector<TimelineFact> facts;
    facts_.bind(page);
    while (facts_.next()) {
      const int64_t id = facts_.integer(0);
      TimelineFact fact;
      fact.seq = facts_.integer(1);
      fact.key = facts_.text(2);
      fact.value = facts_.text(3);
      fact.superseded = newest_.count(id) == 0;
      if (answer_.bind(id, plan_, method_, page).next()) {
        fact.answer = answer_.text(0);
        fact.outcome = answer_.text(1);
      }
      facts.push_back(std::move(fact));
    }
    return facts;
  }

 private:
  int64_t plan_;
  std::string method_;
  Statement facts_;
  Statement answer_;

  /// Facts that no later one with the same key replaces.
  std::set<int64_t> newest_;
};

StoredPage find_page(Store& store, int64_t page) {
  Statement query(
      store.database(),
      "SELECT id, conversation, style, first_seq, last_seq, part, text_sha256 "
      "FROM page WHERE id = ?1");
  query.bind(page).next();
  StoredPage found;
  found.id = query.integer(0);
  found.conversation = query.integer(1);
  found.style = query.integer(2);
  found.first_seq = query.integer(3);
  found.last_seq = query.integer(4);
  found.part = query.integer(5);
  found.text_sha256 = query.text(6);
  return found;
}

/// Fills in all but the pages.
Timeline plan_of(Store& store, int64_t plan) {
  Statement query(
      store.database(),
      "SELECT plan.conversation, plan.budget, plan.spent, plan.text_positions, "
      "plan.policy, (SELECT count(*) FROM plan_item WHERE plan = plan.id) "
      "FROM plan WHERE plan.id = ?1");
  check(
      query.bind(plan).next(),
      store.path().string(),
      ": there is no plan ",
      plan,
      "; `microfiche memory plan` makes one");
  Timeline timeline;
  timeline.plan = plan;
  for (auto& conversation : conversations(store)) {
    if (conversation.id == query.integer(0)) {
      timeline.conversation = std::move(conversation);
    }
  }
  timeline.budget = query.integer(1);
  timeline.spent = query.integer(2);
  timeline.text_positions = query.integer(3);
  timeline.policy = policy_kind(store, query.integer(4));
  timeline.num_pages = query.integer(5);
  return timeline;
}

/// A method without answers would show no answer, as if it knew nothing.
void check_method(Store& store, int64_t plan, const std::string& method) {
  Statement query(
      store.database(),
      "SELECT count(*), sum(method = ?2) FROM answer WHERE plan = ?1");
  query.bind(plan, method).next();
  check(
      query.integer(0) == 0 || query.integer(1) > 0,
      store.path().string(),
      ": plan ",
      plan,
      " has no answers by \"",
      method,
      "\"; `microfiche memory curve --plan ",
      plan,
      "` shows the methods that it has");
}

} // namespace

int64_t newest_plan(Store& store, std::optional<int64_t> conversation) {
  Statement query(
      store.database(),
      "SELECT max(id) FROM plan WHERE ?1 IS NULL OR conversation = ?1");
  query.bind(conversation).next();
  check(
      !query.is_null(0),
      store.path().string(),
      ": there is no plan; `microfiche memory plan` makes one");
  return query.integer(0);
}

Timeline load_timeline(
    Store& store,
    int64_t plan,
    int64_t max_pages,
    const std::string& method) {
  auto timeline = plan_of(store, plan);
  check_method(store, plan, method);
  PageTexts texts(store);
  PageFacts facts(store, timeline.conversation.id, plan, method);
  Statement items(
      store.database(),
      "SELECT page, coalesce(mode, ?2), reason, positions, expected_recall "
      "FROM plan_item WHERE plan = ?1 ORDER BY position DESC LIMIT ?3");
  items.bind(plan, std::string(kGone), max_pages);
  while (items.next()) {
    const auto stored = find_page(store, items.integer(0));
    TimelinePage page;
    page.page = stored.id;
    page.first_seq = stored.first_seq;
    page.last_seq = stored.last_seq;
    page.part = stored.part;
    page.age = static_cast<int64_t>(timeline.pages.size());
    page.mode = items.text(1);
    page.reason = items.text(2);
    page.positions = items.integer(3);
    if (!items.is_null(4)) {
      page.expected_recall = items.number(4);
    }
    page.text = texts.find(stored);
    if (page.mode != kGone && page.mode != kText) {
      add_picture(store, page);
    }
    page.facts = facts.find(stored.id);
    timeline.pages.push_back(std::move(page));
  }
  return timeline;
}

} // namespace microfiche::memory::curve
