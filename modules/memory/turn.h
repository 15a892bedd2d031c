#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace microfiche::memory {

/// Who speaks.
enum class Role { kUser, kAssistant, kSystem, kTool };

/// What a turn is: talk, a call or result of a tool, or an instruction.
enum class Kind { kTalk, kTool, kSystem };

/// Where the words come from. Imported text and text of tools is data: no rule
/// may pin it.
enum class Trust { kUser, kAssistant, kTool, kImported };

std::string_view name_of(Role role);
std::string_view name_of(Kind kind);
std::string_view name_of(Trust trust);

std::optional<Role> find_role(std::string_view name);
std::optional<Kind> find_kind(std::string_view name);
std::optional<Trust> find_trust(std::string_view name);

/// The kind of a turn of which only the role is known.
Kind kind_of(Role role);

/// What one speaker said at a time.
struct Turn {
  /// Counts the turns of a conversation from 1; numbers of erased turns are not
  /// given again.
  int64_t seq = 0;
  Role role = Role::kUser;
  Kind kind = Kind::kTalk;
  Trust trust = Trust::kUser;

  /// UTF-8 without U+0000; not empty.
  std::string text;

  /// Milliseconds since 1970, UTC.
  std::optional<int64_t> time_ms;

  bool operator==(const Turn&) const = default;
};

/// A turn with its row.
struct StoredTurn : Turn {
  int64_t id = 0;
  int64_t conversation = 0;
};

/// A conversation without its turns.
struct Conversation {
  int64_t id = 0;

  /// Unique in its store: the id in the source, a hash of the content, or a
  /// name that the user gave.
  std::string name;
  std::string title;

  /// The format that it was imported from, or "typed".
  std::string source_format;

  /// Of the imported file; empty if typed.
  std::string source_sha256;

  /// When it came into the store.
  int64_t made_ms = 0;
};

} // namespace microfiche::memory
