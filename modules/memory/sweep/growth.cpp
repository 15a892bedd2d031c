#include "core/error.h"
#include "core/stop_signal.h"
#include "memory/derived_files.h"
#include "memory/policy/accuracy_table.h"
#include "memory/recall/token_files.h"
#include "memory/sweep/conversation_sweep.h"

#include <algorithm>
#include <chrono>

namespace microfiche::memory {
namespace {

namespace fs = std::filesystem;

/// Seconds that a call takes.
template <typename Call>
double seconds_of(const Call& call) {
  const auto begin = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
      .count();
}

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
        old_items[i]->mode != new_items[i]->mode) {
      break;
    }
    positions += new_items[i]->positions;
  }
  return positions;
}

int64_t
token_bytes(Store& store, const StoredPlan& plan, const TokenFileModel& model) {
  int64_t bytes = 0;
  for (const auto& item : plan.items) {
    if (const auto tokens =
            find_token_file(store, item.page, item.mode, model)) {
      bytes += static_cast<int64_t>(
          fs::file_size(derived_file(store, tokens->sha256, kTokensExtension)));
    }
  }
  return bytes;
}

} // namespace

std::vector<GrowthRow> grow_conversations(
    const ConversationSweep& sweep,
    model::LoadedModel& loaded,
    const fs::path& folder,
    const std::function<void(int64_t, int64_t)>& progress) {
  const auto& config = sweep.config;
  const auto cells = cells_of(sweep);
  const auto model = token_file_model(loaded);
  std::vector<GrowthRow> rows;
  int64_t done = 0;
  for (size_t number = 0; number < cells.size(); ++number) {
    for (int64_t i = 0; i < config.conversations_per_cell; ++i) {
      const uint64_t seed = config.seed + static_cast<uint64_t>(i);
      const auto path =
          folder / "stores" / concat("growth-", number, "-", seed, ".db");
      fs::remove(path);
      fs::remove_all(path.string() + ".files");
      Store store(path, Store::Mode::kCreate);
      const auto lines =
          conversation_lines(sweep, cells[number].conversation, seed);
      std::optional<StoredPlan> before;
      for (size_t end = 0; end < lines.size();) {
        throw_if_stop_requested();
        end = std::min(lines.size(), end + static_cast<size_t>(config.grow_by));
        GrowthRow row;
        row.cell = cells[number];
        row.seed = seed;
        row.turns = static_cast<int64_t>(end);
        row.layout_seconds = seconds_of([&] {
          add_lines(store, sweep, std::span(lines).first(end), /*seal=*/false);
        });
        StoredPlan plan;
        row.plan_seconds = seconds_of([&] {
          plan = plan_conversation(
              store, sweep, cells[number], loaded, &row.kv_bytes);
        });
        row.build = build_tokens(store, plan, loaded);
        row.pages = std::ssize(plan.items);
        row.positions = plan.spent;
        row.text_positions = plan.text_positions;
        row.unchanged_prefix = before ? common_prefix(*before, plan) : 0;
        row.token_bytes = token_bytes(store, plan, model);
        before = std::move(plan);
        rows.push_back(std::move(row));
      }
      if (progress) {
        progress(++done, std::ssize(cells) * config.conversations_per_cell);
      }
    }
  }
  return rows;
}

Table growth_table(const std::vector<GrowthRow>& rows) {
  Table table;
  table.header = {
      "conversation",
      "policy",
      "budget",
      "seed",
      "turns",
      "pages",
      "positions",
      "text positions",
      "KV bytes",
      "encoded",
      "reused",
      "encode s",
      "unchanged prefix",
      "prefilled, sum",
      "prefilled without reuse, sum",
      "text appended, sum",
      "token bytes",
      "layout s",
      "plan s"};
  int64_t prefilled = 0;
  int64_t without = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    if (i == 0 || row.turns <= rows[i - 1].turns) {
      prefilled = 0;
      without = 0;
    }
    prefilled += row.positions - row.unchanged_prefix;
    without += row.positions;
    table.rows.push_back(
        {row.cell.conversation,
         row.cell.policy,
         concat(row.cell.budget),
         concat(row.seed),
         concat(row.turns),
         concat(row.pages),
         concat(row.positions),
         concat(row.text_positions),
         concat(row.kv_bytes),
         concat(row.build.encoded),
         concat(row.build.reused),
         fixed(row.build.encode_seconds, 3),
         concat(row.unchanged_prefix),
         concat(prefilled),
         concat(without),
         concat(row.text_positions),
         concat(row.token_bytes),
         fixed(row.layout_seconds, 3),
         fixed(row.plan_seconds, 3)});
  }
  return table;
}

} // namespace microfiche::memory
