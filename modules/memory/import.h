#pragma once

#include "memory/format_reader.h"
#include "memory/store.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::memory {

/// The names of all formats, "auto" first.
std::vector<std::string> format_names();
std::string_view name_of(Format format);
/// Throws `UsageError` for an unknown name.
Format find_format(const std::string& name);

/// Reads conversations from the bytes of a file: a JSON list of them, one JSON
/// object per line, or one object. Each conversation, and each line, may have
/// 64 MiB, `kMaxJsonValues` values and 64 levels. Returns the format.
///
/// Throws `InputError` naming line and field for a value that is not of the
/// format, and for a file without conversations.
Format read_conversations(
    std::string_view bytes,
    const std::string& where,
    Format format,
    ImportContext& context);

struct ImportOptions {
  Format format = Format::kAuto;

  /// Keep calls and results of tools as turns.
  bool keep_tools = false;

  /// The time at which the conversations come into the store.
  int64_t now_ms = 0;
};

struct ImportReport {
  Format format = Format::kAuto;

  /// Conversations in the file: new, with new turns after the known ones, and
  /// without any.
  int64_t new_conversations = 0;
  int64_t extended_conversations = 0;
  int64_t known_conversations = 0;

  /// Conversations that were left out, because the store has other turns under
  /// the same name and number.
  std::vector<std::string> differing;

  int64_t new_turns = 0;

  /// Turns that were left out because they have been erased.
  int64_t erased_turns = 0;

  /// Turns that are older than the turn before them. They keep their order.
  int64_t backward_times = 0;

  ImportLosses losses;
};

/// Imports a file, whole or not at all; `-` is standard input. A conversation
/// that the store has by its name gets the turns that are new; so an export can
/// be imported again when it has grown. Erased turns stay erased. A
/// conversation without an id is known by its whole content. Once it has grown,
/// it is imported as a new conversation, erased turns included.
///
/// `progress` is called with the number of conversations read. Throws
/// `InputError` as `read_conversations`, and `Interrupted` after a stop signal.
ImportReport import_file(
    Store& store,
    const std::filesystem::path& path,
    const ImportOptions& options,
    const std::function<void(int64_t)>& progress = {});

} // namespace microfiche::memory
