#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace microfiche {

/// The whole file. `-` reads standard input. Throws `InputError` when it does
/// not exist, is a folder, may not be read, or has more than `max_bytes`.
std::string read_file(
    const std::filesystem::path& path,
    size_t max_bytes = std::numeric_limits<size_t>::max());

/// The limit of `for_each_line`.
inline constexpr size_t kMaxLineBytes = size_t{64} << 20;

/// Called with a line, without its line break, and its name in messages, e.g.
/// "texts.jsonl:3".
using LineReader =
    std::function<void(std::string_view line, const std::string& where)>;

/// Reads a text file line by line, with one line in memory; skips blank lines.
/// `-` reads standard input. Throws `InputError` as `read_file` does, and for a
/// line longer than `kMaxLineBytes`.
void for_each_line(const std::filesystem::path& path, const LineReader& read);

/// Writes a file so that it appears whole or not at all: a temporary file in
/// the same folder, fsync, rename, fsync of the folder. Makes missing parent
/// folders. `-` writes to standard output; special files (a pipe, /dev/null)
/// are written directly. On failure, such as a full disk, removes the temporary
/// file and throws `IoError`.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Takes the content of a file in pieces.
using ByteSink = std::function<void(std::span<const std::byte>)>;

/// As above, for content that is not held in memory at once.
void write_file(
    const std::filesystem::path& path,
    const std::function<void(const ByteSink&)>& produce);

/// Appends one line, whole or not at all, so that a killed run keeps its
/// finished lines. Throws `IoError` on failure, such as a full disk.
void append_line(const std::filesystem::path& path, std::string_view line);

/// A read-only memory map of a whole file; movable, unmapped at the end.
class MappedFile {
 public:
  /// Throws `InputError` when the file is missing or may not be read, `IoError`
  /// when the system cannot map it.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const {
    return {data_, size_};
  }

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// SHA-256 of a file. For a large file it is cached in
/// $XDG_CACHE_HOME/microfiche or ~/.cache/microfiche, by path, size and
/// modification time. Throws as `MappedFile` does.
std::string sha256_of_file(const std::filesystem::path& path);

} // namespace microfiche
