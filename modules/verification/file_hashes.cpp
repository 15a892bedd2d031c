#include "verification/file_hashes.h"

#include "core/crypto.h"
#include "core/files.h"
#include "core/mapped_pages.h"
#include "core/stop_signal.h"
#include "core/terminal.h"

#include <algorithm>

namespace microfiche::verification {
namespace {

constexpr size_t kPiece = size_t{1} << 24;
constexpr int64_t kMegabyte = 1'000'000;

} // namespace

std::vector<FileFacts> hash_files(const std::filesystem::path& folder) {
  std::vector<FileFacts> files;
  int64_t total = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (entry.is_regular_file() && !name.starts_with(".")) {
      files.push_back({name, static_cast<int64_t>(entry.file_size()), ""});
      total += files.back().bytes;
    }
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
    return a.name < b.name;
  });

  Progress progress("hashing", total / kMegabyte, "megabyte");
  int64_t done = 0;
  for (auto& file : files) {
    const MappedFile mapped(folder / file.name);
    Sha256Stream stream;
    for (auto rest = mapped.bytes(); !rest.empty();) {
      throw_if_stop_requested();
      const auto piece = rest.first(std::min(kPiece, rest.size()));
      stream.add(piece);
      release_pages(piece);
      rest = rest.subspan(piece.size());
      done += static_cast<int64_t>(piece.size());
      progress.update(done / kMegabyte, file.name);
    }
    file.sha256 = stream.finish();
  }
  progress.finish();
  return files;
}

} // namespace microfiche::verification
