#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace microfiche::training {

/// A PNG file's bytes and its sides.
struct PngImage {
  int64_t width_px = 0;
  int64_t height_px = 0;
  std::string bytes;
};

/// A file of scalars, pictures and texts over steps, as TensorBoard reads it
/// (`tensorboard --logdir RUN_FOLDER`).
///
/// Each record is the length, its checksum, an `Event` message of protocol
/// buffers, and the message's checksum. A record is written at once, so a
/// killed run leaves whole ones; a resumed run begins a file of its own, from
/// whose first step TensorBoard forgets what earlier files said.
///
/// Source: tensorflow/core/lib/io/record_writer.cc, tensorflow/core/util/
/// event.proto and tensorflow/core/framework/summary.proto
/// (tensorflow/tensorflow v2.16.1).
class EventFile {
 public:
  /// Makes a new file in `folder`, named by the first step that it will hold.
  /// Throws `IoError` when that fails.
  EventFile(const std::filesystem::path& folder, int64_t first_step);

  /// Adds scalars of one step; `wall_time` is in seconds since 1970.
  void add(
      int64_t step,
      double wall_time,
      const std::map<std::string, double>& scalars);

  /// Adds an RGB picture, given as the bytes of its PNG file.
  void add_image(
      int64_t step,
      double wall_time,
      const std::string& tag,
      const PngImage& image);

  /// Adds a text in Markdown.
  void add_text(
      int64_t step,
      double wall_time,
      const std::string& tag,
      const std::string& markdown);

 private:
  void append(const std::string& message);

  std::filesystem::path path_;
};

/// The CRC-32C (Castagnoli) of bytes, RFC 3720 appendix B.4.
uint32_t crc32c(std::string_view bytes);

} // namespace microfiche::training
