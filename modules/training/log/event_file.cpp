#include "training/log/event_file.h"

#include "core/error.h"

#include <array>
#include <bit>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

namespace microfiche::training {
namespace {

// Wire types of protocol buffers.
constexpr uint32_t kVarint = 0;
constexpr uint32_t kFixed64 = 1;
constexpr uint32_t kBytes = 2;
constexpr uint32_t kFixed32 = 5;

void append_varint(std::string& message, uint64_t value) {
  while (value >= 0x80) {
    message += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  message += static_cast<char>(value);
}

void append_tag(std::string& message, uint32_t field, uint32_t wire_type) {
  append_varint(message, field << 3 | wire_type);
}

void append_number(std::string& message, uint32_t field, int64_t value) {
  append_tag(message, field, kVarint);
  append_varint(message, static_cast<uint64_t>(value));
}

/// The format is little-endian, and so are all supported machines.
template <typename T>
void append_fixed(std::string& message, T value) {
  static_assert(std::endian::native == std::endian::little);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  message.append(bytes, sizeof value);
}

void append_bytes(
    std::string& message,
    uint32_t field,
    std::string_view bytes) {
  append_tag(message, field, kBytes);
  append_varint(message, bytes.size());
  message += bytes;
}

/// An `Event` with its time and step.
std::string begin_event(double wall_time, int64_t step) {
  std::string event;
  append_tag(event, /*field=*/1, kFixed64);
  append_fixed(event, wall_time);
  append_number(event, /*field=*/2, step);
  return event;
}

/// A `Summary.Value` with a tag and a simple value.
std::string scalar_value(const std::string& tag, double value) {
  std::string message;
  append_bytes(message, /*field=*/1, tag);
  append_tag(message, /*field=*/2, kFixed32);
  append_fixed(message, static_cast<float>(value));
  return message;
}

/// A `Summary.Value` with a tag and a `Summary.Image`.
std::string image_value(const std::string& tag, const PngImage& image) {
  constexpr int64_t kRgb = 3;
  std::string picture;
  append_number(picture, /*field=*/1, image.height_px);
  append_number(picture, /*field=*/2, image.width_px);
  append_number(picture, /*field=*/3, kRgb);
  append_bytes(picture, /*field=*/4, image.bytes);
  std::string message;
  append_bytes(message, /*field=*/1, tag);
  append_bytes(message, /*field=*/4, picture);
  return message;
}

/// A `Summary.Value` with a tag and a `TensorProto` of one string; the metadata
/// select TensorBoard's text plugin.
std::string text_value(const std::string& tag, const std::string& text) {
  constexpr int64_t kString = 7;
  std::string plugin;
  append_bytes(plugin, /*field=*/1, "text");
  std::string metadata;
  append_bytes(metadata, /*field=*/1, plugin);
  std::string dimension;
  append_number(dimension, /*field=*/1, 1);
  std::string shape;
  append_bytes(shape, /*field=*/2, dimension);
  std::string tensor;
  append_number(tensor, /*field=*/1, kString);
  append_bytes(tensor, /*field=*/2, shape);
  append_bytes(tensor, /*field=*/8, text);
  std::string message;
  append_bytes(message, /*field=*/1, tag);
  append_bytes(message, /*field=*/8, tensor);
  append_bytes(message, /*field=*/9, metadata);
  return message;
}

/// An `Event` with a `Summary` of these `Summary.Value`s.
std::string summary_event(
    int64_t step,
    double wall_time,
    const std::vector<std::string>& values) {
  std::string summary;
  for (const auto& value : values) {
    append_bytes(summary, /*field=*/1, value);
  }
  std::string event = begin_event(wall_time, step);
  append_bytes(event, /*field=*/5, summary);
  return event;
}

/// Checksums are stored rotated, because checksums of data with embedded
/// checksums would be weak.
uint32_t masked_crc(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8U;
}

std::array<uint32_t, 256> make_crc_table() {
  constexpr uint32_t kReversedPolynomial = 0x82f63b78U;
  std::array<uint32_t, 256> table = {};
  for (uint32_t byte = 0; byte < table.size(); ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ (crc & 1 ? kReversedPolynomial : 0);
    }
    table[byte] = crc;
  }
  return table;
}

} // namespace

uint32_t crc32c(std::string_view bytes) {
  static const std::array<uint32_t, 256> table = make_crc_table();
  uint32_t crc = ~0U;
  for (const char byte : bytes) {
    crc = table[(crc ^ static_cast<uint8_t>(byte)) & 0xff] ^ crc >> 8;
  }
  return ~crc;
}

EventFile::EventFile(const std::filesystem::path& folder, int64_t first_step) {
  std::filesystem::create_directories(folder);
  const std::chrono::duration<double> now =
      std::chrono::system_clock::now().time_since_epoch();
  char name[96];
  std::snprintf(
      name,
      sizeof name,
      "events.out.tfevents.%010lld.step-%08lld",
      static_cast<long long>(now.count()),
      static_cast<long long>(first_step));
  path_ = folder / name;
  std::string version = begin_event(now.count(), first_step);
  append_bytes(version, /*field=*/3, "brain.Event:2");
  append(version);
}

void EventFile::add(
    int64_t step,
    double wall_time,
    const std::map<std::string, double>& scalars) {
  std::vector<std::string> values;
  for (const auto& [tag, value] : scalars) {
    values.push_back(scalar_value(tag, value));
  }
  append(summary_event(step, wall_time, values));
}

void EventFile::add_image(
    int64_t step,
    double wall_time,
    const std::string& tag,
    const PngImage& image) {
  append(summary_event(step, wall_time, {image_value(tag, image)}));
}

void EventFile::add_text(
    int64_t step,
    double wall_time,
    const std::string& tag,
    const std::string& markdown) {
  append(summary_event(step, wall_time, {text_value(tag, markdown)}));
}

void EventFile::append(const std::string& message) {
  std::string record;
  append_fixed(record, static_cast<uint64_t>(message.size()));
  append_fixed(record, masked_crc(record));
  record += message;
  append_fixed(record, masked_crc(message));
  std::ofstream file(path_, std::ios::binary | std::ios::app);
  file.write(record.data(), static_cast<std::streamsize>(record.size()));
  file.close();
  check<IoError>(
      file.good(),
      path_.string(),
      ": cannot write; is the disk full, or the folder not writable?");
}

} // namespace microfiche::training
