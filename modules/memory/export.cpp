#include "memory/export.h"

#include "core/files.h"
#include "core/json.h"
#include "core/stop_signal.h"
#include "memory/derived_files.h"
#include "memory/pages.h"
#include "memory/timestamp.h"

#include <cstdio>

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

int64_t export_pictures(
    Store& store,
    int64_t conversation,
    const std::filesystem::path& folder) {
  const auto style = newest_style(store, conversation);
  int64_t count = 0;
  for (const auto& page : pages(store, conversation, style.id)) {
    throw_if_stop_requested();
    char name[32];
    std::snprintf(
        name, sizeof name, "page-%04lld.png", static_cast<long long>(++count));
    write_file(
        folder / name,
        read_derived_file(
            store, original_of(store, page.id).png_sha256, kPngExtension));
  }
  return count;
}

} // namespace microfiche::memory
