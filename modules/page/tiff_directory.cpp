#include "page/tiff_directory.h"

namespace microfiche::page {
namespace {

// Types of values.
constexpr uint64_t kByte = 1;
constexpr uint64_t kShort = 3;
constexpr uint64_t kLong = 4;
constexpr uint64_t kUndefined = 7;

constexpr uint64_t kFirstDirectory = 4;
constexpr uint64_t kEntryBytes = 12;

/// Real files have fewer than 300.
constexpr uint64_t kMaxEntries = 4096;

} // namespace

bool is_tiff(const ImageBytes& bytes) {
  using namespace std::string_view_literals;
  return bytes.has(0, "II*\0"sv) || bytes.has(0, "MM\0*"sv);
}

TiffDirectory::TiffDirectory(ImageBytes bytes)
    : TiffDirectory(
          bytes,
          bytes.has(0, "MM") ? bytes.big_endian(kFirstDirectory, 4)
                             : bytes.little_endian(kFirstDirectory, 4)) {}

TiffDirectory::TiffDirectory(ImageBytes bytes, uint64_t begin)
    : bytes_(bytes), big_endian_(bytes.has(0, "MM")), begin_(begin) {
  num_entries_ = number(begin_, 2);
  bytes_.require(begin_ + 2, num_entries_ * kEntryBytes);
  check(
      num_entries_ <= kMaxEntries,
      bytes.where(),
      ": damaged TIFF, a directory of ",
      num_entries_,
      " tags");
}

uint64_t TiffDirectory::next() const {
  return number(begin_ + 2 + num_entries_ * kEntryBytes, 4);
}

uint64_t TiffDirectory::count(uint64_t tag) const {
  const auto at = find(tag);
  return at && size_of_type(*at) > 0 ? number(*at + 4, 4) : 0;
}

uint64_t TiffDirectory::value(uint64_t tag, uint64_t index) const {
  const uint64_t at = *find(tag);
  const uint64_t size = size_of_type(at);
  const bool fits_entry = number(at + 4, 4) * size <= 4;
  const uint64_t values = fits_entry ? at + 8 : number(at + 8, 4);
  return number(values + index * size, size);
}

std::string_view TiffDirectory::bytes(uint64_t tag) const {
  const auto at = find(tag);
  const uint64_t type = at ? number(*at + 2, 2) : 0;
  if (type != kByte && type != kUndefined) {
    return {};
  }
  const uint64_t size = number(*at + 4, 4);
  return bytes_.part(size <= 4 ? *at + 8 : number(*at + 8, 4), size).text();
}

std::optional<uint64_t> TiffDirectory::find(uint64_t tag) const {
  for (uint64_t i = 0; i < num_entries_; ++i) {
    const uint64_t entry = begin_ + 2 + i * kEntryBytes;
    if (number(entry, 2) == tag) {
      return entry;
    }
  }
  return std::nullopt;
}

uint64_t TiffDirectory::number(uint64_t at, uint64_t size) const {
  return big_endian_ ? bytes_.big_endian(at, size)
                     : bytes_.little_endian(at, size);
}

uint64_t TiffDirectory::size_of_type(uint64_t entry) const {
  const uint64_t type = number(entry + 2, 2);
  return type == kShort ? 2 : type == kLong ? 4 : 0;
}

} // namespace microfiche::page
