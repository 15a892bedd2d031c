#include "core/error.h"
#include "core/stop_signal.h"
#include "memory/derived_files.h"
#include "memory/pages.h"
#include "memory/policy/accuracy_table.h"
#include "memory/reading/plan_context.h"
#include "memory/recall/token_files.h"
#include "memory/sweep/conversation_source.h"
#include "memory/sweep/conversation_sweep.h"

#include <algorithm>

namespace microfiche::memory {
namespace {

namespace fs = std::filesystem;

/// A store has one conversation.
constexpr int64_t kOnlyConversation = 1;

/// A question whose answer does not matter.
constexpr const char* kQuestion = "\nWhat was said first?";

/// Positions of the pages, oldest first, that both plans keep alike.
int64_t common_prefix(const StoredPlan& before, const StoredPlan& now) {
  int64_t positions = 0;
  // Pages that are gone take no positions, so they do not count.
  const auto kept = [](const StoredPlan& plan) {
    std::vector<const StoredPlanItem*> items;
    for (const auto& item : plan.items) {
      if (item.mode != kGone) {
        items.push_back(&item);
      }
    }
    return items;
  };
  const auto old_items = kept(before);
  const auto new_items = kept(now);
  for (size_t i = 0; i < std::min(old_items.size(), new_items.size()); ++i) {
    if (old_items[i]->page != new_items[i]->page ||
        old_items[i]->mode != new_items[i]->mode ||
        old_items[i]->how != new_items[i]->how) {
      break;
    }
    positions += new_items[i]->positions;
  }
  return positions;
}

int64_t
token_bytes(Store& store, const StoredPlan& plan, const TokenFileModel& model) {
  int64_t bytes = 0;
  for (size_t i = 0; i < plan.items.size(); ++i) {
    const auto& item = plan.items[i];
    if (pages_of_picture(plan, i).back() != i) {
      continue;
    }
    if (const auto tokens =
            find_token_file(store, item.page, item.mode, item.how, model)) {
      bytes += static_cast<int64_t>(
          fs::file_size(derived_file(store, tokens->sha256, kTokensExtension)));
    }
  }
  return bytes;
}

/// Measures what the decoder does for one conversation as it grows.
class ContextMeter {
 public:
  ContextMeter(model::LoadedModel& loaded, const ContextCostConfig& config)
      : loaded_(loaded),
        config_(config),
        capacity_(loaded.config.language.max_position_embeddings),
        context_(loaded, capacity_) {}

  void measure(Store& store, const StoredPlan& plan, GrowthRow& row) {
    const auto pages = context_pages(store, plan, loaded_);
    row.context = step(context_, pages);
    if (config_.anew) {
      PlanContext anew(loaded_, capacity_);
      row.anew = anew.move_to(pages);
    }
    const int64_t room = capacity_ - config_.answer_ids - kQuestionRoom;
    if (config_.text && plan.text_positions <= room) {
      if (!text_) {
        text_.emplace(loaded_, capacity_);
      }
      row.text = step(*text_, text_pages(page_texts(store, plan), loaded_));
    }
  }

 private:
  ContextStep step(PlanContext& context, const std::vector<ContextPage>& pages)
      const {
    ContextStep step;
    step.change = context.move_to(pages);
    step.answer = measure_time([&] {
      context.answer(kQuestion, config_.answer_ids, /*past_end=*/true);
    });
    return step;
  }

  /// Positions of bos and the question.
  static constexpr int64_t kQuestionRoom = 32;

  model::LoadedModel& loaded_;
  const ContextCostConfig& config_;
  int64_t capacity_;
  PlanContext context_;
  std::optional<PlanContext> text_;
};

} // namespace

std::vector<GrowthRow> grow_conversations(
    const ConversationSweep& sweep,
    model::LoadedModel& loaded,
    const fs::path& folder,
    const std::function<void(int64_t, int64_t)>& progress) {
  const auto& config = sweep.config;
  const auto cells = cells_of(sweep);
  const auto model = token_file_model(loaded);
  const ConversationSource source(sweep);
  std::vector<GrowthRow> rows;
  int64_t done = 0;
  int64_t total = 0;
  for (const auto& cell : cells) {
    total += source.count(cell.conversation);
  }
  for (size_t number = 0; number < cells.size(); ++number) {
    const auto& kind = cells[number].conversation;
    for (int64_t i = 0; i < source.count(kind); ++i) {
      const uint64_t seed = config.seed + static_cast<uint64_t>(i);
      const auto path =
          folder / "stores" / concat("growth-", number, "-", seed, ".db");
      fs::remove(path);
      fs::remove_all(path.string() + ".files");
      Store store(path, Store::Mode::kCreate);
      const auto lines = source.lines(kind, i);
      std::optional<StoredPlan> before;
      std::optional<ContextMeter> meter;
      if (config.context_cost) {
        meter.emplace(loaded, *config.context_cost);
      }
      for (size_t end = 0; end < lines.size();) {
        throw_if_stop_requested();
        const int64_t added = end == 0 && config.grow_from > 0
            ? config.grow_from
            : config.grow_by;
        end = std::min(lines.size(), end + static_cast<size_t>(added));
        GrowthRow row;
        row.cell = cells[number];
        row.seed = seed;
        row.turns = static_cast<int64_t>(end);
        row.layout_time = measure_time([&] {
          add_lines(store, sweep, std::span(lines).first(end), /*seal=*/false);
        });
        // The first turns may not fill a page.
        if (pages(store, kOnlyConversation).empty()) {
          continue;
        }
        StoredPlan plan;
        row.plan_time = measure_time([&] {
          plan = plan_conversation(
              store, sweep, cells[number], loaded, &row.kv_bytes);
        });
        row.build = build_tokens(store, plan, loaded);
        row.pages = std::ssize(plan.items);
        row.positions = plan.spent;
        row.text_positions = plan.text_positions;
        row.unchanged_prefix = before ? common_prefix(*before, plan) : 0;
        row.token_bytes = token_bytes(store, plan, model);
        if (meter) {
          meter->measure(store, plan, row);
        }
        before = std::move(plan);
        rows.push_back(std::move(row));
      }
      if (progress) {
        progress(++done, total);
      }
    }
  }
  return rows;
}

} // namespace microfiche::memory
