#pragma once

#include "memory/database.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace microfiche::memory {

/// SQLite's `application_id` of a store: "mfch".
inline constexpr int64_t kApplicationId = 0x6d666368;

/// Statements that raise the schema of a store by one version each: element i
/// makes version i + 1. A released element never changes.
std::span<const std::string_view> schema_steps();

/// The schema that this program writes, SQLite's `user_version`.
int64_t schema_version();

/// What the first bytes of a file say.
enum class FileKind {
  kMissing,
  /// No bytes: a process that made the file was killed.
  kEmpty,
  kStore,
};

/// Throws `InputError` for a folder, a file that is not of SQLite, a store of
/// another program, and a store with a newer schema. Does not change the file.
FileKind check_store_file(const std::filesystem::path& path);

/// Whether the file begins as a store does. False if it cannot be read.
bool is_store_file(const std::filesystem::path& path);

/// Brings a database to the last of the schema `steps`, in one transaction;
/// an empty one becomes a store. Throws `InputError` for tables of another
/// program.
void migrate(Database& database, std::span<const std::string_view> steps);

} // namespace microfiche::memory
