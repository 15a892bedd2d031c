#include "memory/recall/stored_plan.h"

#include "core/error.h"
#include "memory/pages.h"
#include "memory/policy/accuracy_table.h"
#include "memory/policy/ageing.h"

#include <map>
#include <memory>

namespace microfiche::memory {
namespace {

std::vector<StoredPlanItem> read_items(Store& store, int64_t plan) {
  Statement query(
      store.database(),
      "SELECT plan_item.page, first_seq, last_seq, part, tier, "
      "coalesce(plan_item.mode, ?2), plan_item.positions, "
      "coalesce(plan_item.how, 'resized'), "
      "coalesce((SELECT characters FROM rendering_page JOIN rendering "
      "ON rendering.id = rendering_page.rendering "
      "WHERE rendering_page.page = page.id AND how = 'original'), 0) "
      "FROM plan_item JOIN page ON page.id = plan_item.page "
      "WHERE plan = ?1 ORDER BY position");
  query.bind(plan, kGone);
  std::vector<StoredPlanItem> items;
  while (query.next()) {
    items.push_back(
        {query.integer(0),
         query.integer(1),
         query.integer(2),
         query.integer(3),
         query.integer(4),
         query.text(5),
         query.integer(6),
         query.text(7),
         query.integer(8)});
  }
  return items;
}

} // namespace

StoredPlan
find_plan(Store& store, int64_t conversation, std::optional<int64_t> id) {
  Statement query(
      store.database(),
      "SELECT id, budget, spent, now_seq, text_positions, model FROM plan "
      "WHERE conversation = ?1 AND (?2 IS NULL OR id = ?2) "
      "ORDER BY id DESC LIMIT 1");
  const bool found = query.bind(conversation, id).next();
  check(
      found,
      store.path().string(),
      ": conversation ",
      conversation,
      id ? concat(" has no plan ", *id) : std::string(" has no plan"),
      "; `microfiche memory plan` makes one");
  StoredPlan plan;
  plan.id = query.integer(0);
  plan.conversation = conversation;
  plan.budget = query.integer(1);
  plan.spent = query.integer(2);
  plan.now_seq = query.integer(3);
  plan.text_positions = query.integer(4);
  plan.model = query.text(5);
  plan.items = read_items(store, plan.id);
  check(
      !plan.items.empty(),
      store.path().string(),
      ": all pages of plan ",
      plan.id,
      " were erased; `microfiche memory plan` makes a new one");
  return plan;
}

std::vector<size_t> pages_of_picture(const StoredPlan& plan, size_t item) {
  const auto& own = plan.items.at(item);
  if (own.mode == kGone || own.mode == kText ||
      read_merged_pages(own.how, "plan").empty()) {
    return {item};
  }
  std::vector<size_t> pages;
  for (size_t i = 0; i < plan.items.size(); ++i) {
    if (plan.items[i].how == own.how && plan.items[i].mode == own.mode) {
      pages.push_back(i);
    }
  }
  return pages;
}

std::vector<std::string> page_texts(Store& store, const StoredPlan& plan) {
  struct Fonts {
    LayoutConfig layout;
    std::unique_ptr<rendering::PageRenderer> renderer;
  };
  std::map<int64_t, Fonts> fonts;
  for (const auto& style : styles(store)) {
    fonts[style.id].layout = style.layout;
  }
  std::map<int64_t, StoredPage> known;
  for (const auto& page : pages(store, plan.conversation)) {
    known.emplace(page.id, page);
  }
  std::vector<std::string> texts;
  for (const auto& item : plan.items) {
    const auto& page = known.at(item.page);
    auto& font = fonts.at(page.style);
    if (!font.renderer) {
      font.renderer =
          std::make_unique<rendering::PageRenderer>(font.layout.page_style);
    }
    texts.push_back(page_text(store, page, font.layout, *font.renderer));
  }
  return texts;
}

} // namespace microfiche::memory
