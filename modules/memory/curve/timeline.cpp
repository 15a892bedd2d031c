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

/// Pictures of pages in their modes, and what was read from them: in a run,
/// what its model read with its reading config.
class PagePictures {
 public:
  PagePictures(Store& store, std::optional<int64_t> run)
      : store_(store),
        query_(
            store.database(),
            "SELECT rendering.id, rendering.png_sha256, rendering.width, "
            "rendering.height FROM rendering JOIN rendering_page "
            "ON rendering_page.rendering = rendering.id "
            "LEFT JOIN token_file ON token_file.rendering = rendering.id "
            "WHERE rendering_page.page = ?1 AND rendering.mode = ?2 AND "
            "rendering.how = ?5 ORDER BY (token_file.model_sha256 IS ?3 "
            "AND token_file.dtype IS ?4) DESC, rendering.id DESC"),
        reading_(
            store.database(),
            "SELECT reading.text, reading.stop, reading.precision FROM reading "
            "JOIN token_file ON token_file.id = reading.token_file "
            "WHERE token_file.rendering = ?1 AND (?2 = '' OR "
            "(token_file.model_sha256 = ?2 AND token_file.dtype = ?3 AND "
            "reading.reading_config = ?4)) ORDER BY reading.id DESC") {
    Statement reader(
        store.database(),
        "SELECT model_sha256, dtype, reading_config FROM recall_run "
        "WHERE id = ?1");
    if (reader.bind(run).next()) {
      model_ = reader.text(0);
      dtype_ = reader.text(1);
      reading_config_ = reader.text(2);
    }
  }

  /// The page as it was drawn first, if it has no picture in its mode.
  void add(TimelinePage& page) {
    std::string png;
    if (query_.bind(page.page, page.mode, model_, dtype_, page.how).next()) {
      page.built = true;
      png = query_.text(1);
      page.width = query_.integer(2);
      page.height = query_.integer(3);
      if (reading_.bind(query_.integer(0), model_, dtype_, reading_config_)
              .next()) {
        page.reading = reading_.text(0);
        page.stop = reading_.text(1);
        page.precision = reading_.number(2);
      }
    } else if (const auto original = find_original(store_, page.page)) {
      png = original->png_sha256;
      page.width = original->width;
      page.height = original->height;
    }
    // Derived files may have been deleted; `check --rebuild` makes them again.
    if (!png.empty() &&
        std::filesystem::exists(derived_file(store_, png, kPngExtension))) {
      page.png = read_derived_file(store_, png, kPngExtension);
    }
  }

 private:
  Store& store_;
  Statement query_;
  Statement reading_;

  /// Empty without a run: then the newest reading is shown.
  std::string model_;
  std::string dtype_;
  std::string reading_config_;
};

/// The facts on pages, with the answers of one method in one run.
class PageFacts {
 public:
  PageFacts(
      Store& store,
      int64_t conversation,
      int64_t plan,
      std::optional<int64_t> run,
      const std::string& method)
      : run_(run),
        method_(method),
        facts_(
            store.database(),
            "SELECT fact.id, fact.key, fact.value FROM page_turn "
            "JOIN turn ON turn.id = page_turn.turn "
            "JOIN fact ON fact.turn = turn.id WHERE page_turn.page = ?1 "
            "ORDER BY turn.seq, fact.id"),
        // A fact of a turn that has several pages is asked on one of them.
        answer_(
            store.database(),
            "SELECT answer.text, answer.outcome FROM answer "
            "JOIN probe ON probe.id = answer.probe WHERE probe.fact = ?1 AND "
            "answer.run = ?2 AND answer.method = ?3 AND answer.page = ?4 "
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
      fact.key = facts_.text(1);
      fact.value = facts_.text(2);
      fact.superseded = newest_.count(id) == 0;
      if (answer_.bind(id, run_, method_, page).next()) {
        fact.answer = answer_.text(0);
        fact.outcome = answer_.text(1);
      }
      facts.push_back(std::move(fact));
    }
    return facts;
  }

 private:
  std::optional<int64_t> run_;
  std::string method_;
  Statement facts_;
  Statement answer_;

  /// Facts that no later one with the same key replaces.
  std::set<int64_t> newest_;
};

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

/// The run of a plan that was asked last, or none without answers; `run` if it
/// is one of the plan. A method without answers would show no answer, as if it
/// knew nothing.
std::optional<int64_t> check_run(
    Store& store,
    int64_t plan,
    std::optional<int64_t> run,
    const std::string& method) {
  Statement query(
      store.database(),
      "SELECT run, sum(method = ?2) FROM answer WHERE plan = ?1 AND "
      "(?3 IS NULL OR run = ?3) GROUP BY run ORDER BY max(id) DESC");
  const bool found = query.bind(plan, method, run).next();
  check(
      found || !run,
      store.path().string(),
      ": plan ",
      plan,
      " has no run ",
      run.value_or(0),
      " with answers");
  if (!found) {
    return std::nullopt;
  }
  check(
      query.integer(1) > 0,
      store.path().string(),
      ": plan ",
      plan,
      " has no answers by \"",
      method,
      "\"; `microfiche memory curve --plan ",
      plan,
      "` shows the methods that it has");
  return query.integer(0);
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

int64_t plan_of_run(Store& store, int64_t run) {
  Statement query(
      store.database(), "SELECT plan FROM recall_run WHERE id = ?1");
  check(
      query.bind(run).next(),
      store.path().string(),
      ": there is no recall run ",
      run,
      "; `microfiche memory recall` asks questions and says the number");
  return query.integer(0);
}

Timeline load_timeline(
    Store& store,
    int64_t plan,
    int64_t max_pages,
    const std::string& method,
    std::optional<int64_t> run) {
  auto timeline = plan_of(store, plan);
  timeline.run = check_run(store, plan, run, method);
  PageTexts texts(store);
  PagePictures pictures(store, timeline.run);
  PageFacts facts(store, timeline.conversation.id, plan, timeline.run, method);
  const auto stored_plan = find_plan(store, timeline.conversation.id, plan);
  Statement items(
      store.database(),
      "SELECT page, coalesce(mode, ?2), reason, positions, expected_recall, "
      "coalesce(how, 'resized') "
      "FROM plan_item WHERE plan = ?1 ORDER BY position DESC LIMIT ?3");
  items.bind(plan, std::string(kGone), max_pages);
  while (items.next()) {
    const auto stored = find_page(store, items.integer(0));
    TimelinePage page;
    std::string older_text;
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
    page.how = items.text(5);
    page.text = texts.find(stored);
    // Newest first, as `num_pages` counts.
    const auto item =
        stored_plan.items.size() - 1 - static_cast<size_t>(page.age);
    const auto shared = pages_of_picture(stored_plan, item);
    if (shared.back() != item) {
      const auto& newest = stored_plan.items[shared.back()];
      page.shown_with = {newest.first_seq, newest.last_seq};
    } else if (page.mode != kGone && page.mode != kText) {
      pictures.add(page);
    }
    for (size_t i = 0; shared.back() == item && i + 1 < shared.size(); ++i) {
      older_text +=
          texts.find(find_page(store, stored_plan.items[shared[i]].page)) +
          "\n";
    }
    page.text = older_text + page.text;
    page.facts = facts.find(stored.id);
    timeline.pages.push_back(std::move(page));
  }
  return timeline;
}

} // namespace microfiche::memory::curve
