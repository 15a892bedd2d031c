#include "memory/derived_files.h"

#include "core/crypto.h"
#include "core/durable_folder.h"
#include "core/error.h"
#include "core/files.h"

#include <unordered_set>

namespace microfiche::memory {
namespace {

namespace fs = std::filesystem;

bool has_content(const fs::path& path, const std::string& hash) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return false;
  }
  const MappedFile file(path);
  return sha256(file.bytes()) == hash;
}

std::unordered_set<std::string> used_names(Store& store) {
  std::unordered_set<std::string> names;
  const auto add = [&](const char* sql, std::string_view extension) {
    Statement query(store.database(), sql);
    while (query.next()) {
      names.insert(query.text(0).append(extension));
    }
  };
  add("SELECT png_sha256 FROM rendering", kPngExtension);
  add("SELECT sha256 FROM token_file", kTokensExtension);
  return names;
}

bool is_derived(const fs::path& path) {
  const auto extension = path.extension();
  return extension == kPngExtension || extension == kTokensExtension;
}

std::vector<fs::path> find_unused(Store& store) {
  const auto used = used_names(store);
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry :
       fs::directory_iterator(store.files_folder(), ignored)) {
    if (is_derived(entry.path()) &&
        !used.contains(entry.path().filename().string())) {
      files.push_back(entry.path());
    }
  }
  return files;
}

} // namespace

fs::path derived_file(
    const Store& store,
    const std::string& sha256,
    std::string_view extension) {
  return store.files_folder() / (sha256 + std::string(extension));
}

std::string save_derived_file(
    const Store& store,
    std::string_view bytes,
    std::string_view extension) {
  auto hash = sha256(bytes);
  const auto path = derived_file(store, hash, extension);
  if (!has_content(path, hash)) {
    write_file(path, bytes);
  }
  return hash;
}

std::string read_derived_file(
    const Store& store,
    const std::string& hash,
    std::string_view extension) {
  constexpr std::string_view kAdvice =
      "; run `microfiche memory check --rebuild`";
  const auto path = derived_file(store, hash, extension);
  check(fs::exists(path), path.string(), ": the file is missing", kAdvice);
  auto bytes = read_file(path);
  check(sha256(bytes) == hash, path.string(), ": the file is damaged", kAdvice);
  return bytes;
}

int64_t remove_unused_files(Store& store) {
  const auto folder = store.files_folder();
  remove_temporary_files(folder);
  const auto files = find_unused(store);
  for (const auto& file : files) {
    std::error_code error;
    fs::remove(file, error);
    check<IoError>(!error, file.string(), ": cannot remove: ", error.message());
  }
  if (!files.empty()) {
    sync_folder(folder);
  }
  return static_cast<int64_t>(files.size());
}

int64_t num_unused_files(Store& store) {
  return static_cast<int64_t>(find_unused(store).size());
}

} // namespace microfiche::memory
