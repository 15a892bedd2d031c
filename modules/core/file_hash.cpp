#include "core/files.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/mapped_pages.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

namespace microfiche {
namespace {

namespace fs = std::filesystem;

/// Hashing a smaller file is fast enough without a cache.
constexpr size_t kLargeFile = size_t{64} << 20;
constexpr size_t kHashDigits = 64;

/// Empty if neither XDG_CACHE_HOME nor HOME is set.
fs::path cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME");
      cache != nullptr && *cache != '\0') {
    return fs::path(cache) / "microfiche";
  }
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0'
      ? fs::path()
      : fs::path(home) / ".cache/microfiche";
}

/// Changes when the file changes, and is known without reading it.
std::string state_of(const fs::path& path) {
  struct stat state = {};
  if (::stat(path.c_str(), &state) != 0) {
    return "";
  }
  return concat(
      fs::weakly_canonical(path).string(),
      "\n",
      state.st_dev,
      " ",
      state.st_ino,
      " ",
      state.st_size,
      " ",
      state.st_mtim.tv_sec,
      ".",
      state.st_mtim.tv_nsec);
}

/// Releases pages as it reads, because mapped pages count as this process's
/// memory.
std::string hash_of(const MappedFile& file) {
  constexpr size_t kPiece = size_t{1} << 24;
  Sha256Stream stream;
  for (auto rest = file.bytes(); !rest.empty();) {
    const auto piece = rest.first(std::min(kPiece, rest.size()));
    stream.add(piece);
    release_pages(piece);
    rest = rest.subspan(piece.size());
  }
  return stream.finish();
}

} // namespace

std::string sha256_of_file(const fs::path& path) {
  const MappedFile file(path);
  const auto folder = cache_folder();
  if (file.bytes().size() < kLargeFile || folder.empty()) {
    return hash_of(file);
  }
  const auto cached = folder / "sha256" / sha256(state_of(path));
  try {
    if (fs::exists(cached)) {
      const std::string hash = read_file(cached);
      if (hash.size() == kHashDigits) {
        return hash;
      }
    }
  } catch (const Error&) {
    // Compute the hash again.
  }
  const std::string hash = hash_of(file);
  try {
    write_file(cached, hash);
  } catch (const Error&) {
    // Without a cache the next call takes longer.
  }
  return hash;
}

} // namespace microfiche
