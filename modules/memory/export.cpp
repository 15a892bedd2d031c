#include "memory/export.h"

#include "core/json.h"
#include "core/stop_signal.h"
#include "memory/timestamp.h"

namespace microfiche::memory {

int64_t export_jsonl(
    Store& store,
    std::optional<int64_t> conversation,
    const std::function<void(std::string_view line)>& write) {
  int64_t count = 0;
  for (const auto& entry : conversations(store)) {
    if (conversation && entry.id != *conversation) {
      continue;
    }
    throw_if_stop_requested();
    for_each_turn(store, entry.id, [&](const StoredTurn& turn) {
      const Json line = {
          {"conversation", entry.name},
          {"seq", turn.seq},
          {"role", name_of(turn.role)},
          {"text", turn.text},
          {"time",
           turn.time_ms ? Json(time_text(*turn.time_ms)) : Json(nullptr)}};
      write(line.dump() + "\n");
      ++count;
    });
  }
  return count;
}

} // namespace microfiche::memory
