#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace microfiche::training {

/// The bytes of a PNG file and its size.
struct PngImage {
  int64_t width_px = 0;
  int64_t height_px = 0;
  std::string bytes;
};

/// A TensorBoard file of scalars, images and texts over steps
/// (`tensorboard --logdir RUN_FOLDER`).
///
/// A record is its length, the checksum of the length, an `Event` message of
/// protocol buffers, and the message's checksum. Each record is written with
/// one call, so a killed run leaves complete records. A resumed run starts a
/// new file; TensorBoard ignores earlier files from the first step of that file
/// on.
///
/// Source: tensorflow/core/lib/io/record_writer.cc, tensorflow/core/util/
/// event.proto and tensorflow/core/framework/summary.proto
/// (tensorflow/tensorflow v2.16.1).
class EventFile {
 public:
  /// Creates a file in `folder`, named by its first step. Throws `IoError` if
  /// that fails.
  EventFile(const std::filesystem::path& folder, int64_t first_step);

  /// Adds scalars of one step; `wall_time` is in seconds since 1970.
  void add(
      int64_t step,
      double wall_time,
      const std::map<std::string, double>& scalars);

  /// Adds an RGB image.
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
