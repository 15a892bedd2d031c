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
/// not exist, is a folder, may not be read, or has more than `most_bytes`.
std::string read_file(
    const std::filesystem::path& path,
    size_t most_bytes = std::numeric_limits<size_t>::max());

/// The longest line that `for_each_line` takes, in bytes.
inline constexpr size_t kLongestLine = size_t{64} << 20;

/// Takes a line, without its end, and what messages call it: "texts.jsonl:3".
using LineReader =
    std::function<void(std::string_view line, const std::string& where)>;

/// Reads a text file line by line, so that no more than one line is held in
/// memory; blank lines are passed over. `-` reads standard input. Throws
/// `InputError` as `read_file` does, and for a line longer than `kLongestLine`.
void for_each_line(const std::filesystem::path& path, const LineReader& read);

/// Writes a file so that it appears whole or not at all: a temporary file in
/// the same folder, fsync, rename, fsync of the folder. Missing parent folders
/// are made. `-` writes to standard output, and what is no regular file (a
/// pipe, /dev/null) is written to directly. Throws `IoError` and removes the
/// temporary file when the disk is full or the system refuses.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Where `write_file` gets bytes that are made on the way, piece by piece.
using ByteSink = std::function<void(std::span<const std::byte>)>;

/// As above, for content that is better not held in memory at once.
void write_file(
    const std::filesystem::path& path,
    const std::function<void(const ByteSink&)>& produce);

/// Appends one line, whole or not at all, so that a killed run keeps the lines
/// it finished. Throws `IoError` when the disk is full or the system refuses.
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

/// SHA-256 of a file. That of a large one is kept in the user's cache folder
/// ($XDG_CACHE_HOME/microfiche or ~/.cache/microfiche), under the file's path,
/// size and time of change, so that the next call reads nothing. Throws as
/// `MappedFile` does.
std::string sha256_of_file(const std::filesystem::path& path);

} // namespace microfiche
