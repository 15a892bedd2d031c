#include "memory/schema.h"

#include "core/error.h"

#include <fstream>
#include <optional>

namespace microfiche::memory {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = std::string_view("SQLite format 3\0", 16);

/// The fixed part of an SQLite file, https://sqlite.org/fileformat2.html.
constexpr size_t kHeaderBytes = 100;
constexpr size_t kUserVersionAt = 60;
constexpr size_t kApplicationIdAt = 68;

int64_t big_endian_at(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = at; i < at + 4; ++i) {
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return value;
}

/// The first bytes of a file, at most `kHeaderBytes`.
std::optional<std::string> read_header(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return std::nullopt;
  }
  std::string bytes(kHeaderBytes, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

void check_version(int64_t version, const fs::path& path) {
  check(
      version <= schema_version(),
      path.string(),
      ": the store has schema ",
      version,
      ", and this program knows schemas up to ",
      schema_version(),
      "; use a newer microfiche");
}

} // namespace

FileKind check_store_file(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) {
    return FileKind::kMissing;
  }
  check(
      fs::is_regular_file(status),
      path.string(),
      ": expected a store, which is a file, got ",
      fs::is_directory(status) ? "a folder" : "a special file");
  const auto header = read_header(path);
  check<IoError>(header.has_value(), path.string(), ": cannot read the store");
  if (header->empty()) {
    return FileKind::kEmpty;
  }
  check(
      header->size() == kHeaderBytes && header->starts_with(kMagic),
      path.string(),
      ": expected a store of microfiche memory, got a file that is not of "
      "SQLite");
  const int64_t id = big_endian_at(*header, kApplicationIdAt);
  check(
      id == kApplicationId,
      path.string(),
      ": expected a store of microfiche memory, got an SQLite file of another "
      "program (application_id ",
      id,
      ")");
  check_version(big_endian_at(*header, kUserVersionAt), path);
  return FileKind::kStore;
}

bool is_store_file(const fs::path& path) {
  const auto header = read_header(path);
  return header && header->size() == kHeaderBytes &&
      header->starts_with(kMagic) &&
      big_endian_at(*header, kApplicationIdAt) == kApplicationId;
}

void migrate(Database& database, std::span<const std::string_view> steps) {
  const auto last = static_cast<int64_t>(steps.size());
  if (database.integer("PRAGMA user_version") == last &&
      database.integer("PRAGMA application_id") == kApplicationId) {
    return;
  }
  Transaction transaction(database);
  // Read again: another program may have made the store meanwhile.
  const int64_t version = database.integer("PRAGMA user_version");
  const int64_t id = database.integer("PRAGMA application_id");
  const bool empty =
      database.integer("SELECT COUNT(*) FROM sqlite_schema") == 0;
  check(
      id == kApplicationId || (empty && id == 0),
      database.path().string(),
      ": an SQLite file of another program (application_id ",
      id,
      ")");
  check(
      version <= last,
      database.path().string(),
      ": the store has schema ",
      version,
      ", and this program knows schemas up to ",
      last,
      "; use a newer microfiche");
  // First, so that the file is known as a store even if the process is killed
  // while it writes the tables.
  database.run(concat("PRAGMA application_id = ", kApplicationId));
  for (int64_t i = version; i < last; ++i) {
    database.run(std::string(steps[static_cast<size_t>(i)]));
  }
  database.run(concat("PRAGMA user_version = ", last));
  transaction.commit();
}

} // namespace microfiche::memory
