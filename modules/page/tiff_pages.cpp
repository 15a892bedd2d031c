#include "page/tiff_pages.h"

#include "core/error.h"

#include <set>

namespace microfiche::page {
namespace {

constexpr size_t kMaxDirectories = 10000;

bool is_page(const TiffDirectory& directory) {
  // Bits of the subfile type.
  constexpr uint64_t kReduced = 1;
  constexpr uint64_t kMask = 4;
  return directory.count(TiffDirectory::kSubfileType) == 0 ||
      (directory.value(TiffDirectory::kSubfileType, 0) & (kReduced | kMask)) ==
      0;
}

void write_number(
    uint64_t value,
    uint64_t at,
    uint64_t size,
    bool big_endian,
    std::string& bytes) {
  for (uint64_t i = 0; i < size; ++i) {
    const uint64_t shift = 8 * (big_endian ? size - 1 - i : i);
    bytes[at + i] = static_cast<char>(value >> shift);
  }
}

} // namespace

std::vector<TiffDirectory> tiff_pages(const ImageBytes& bytes) {
  std::vector<TiffDirectory> pages = {TiffDirectory(bytes)};
  std::set<uint64_t> seen = {pages.front().begin()};
  uint64_t next = pages.front().next();
  while (next != 0) {
    check(
        seen.insert(next).second,
        bytes.where(),
        ": damaged TIFF, its list of pages runs in a circle at byte ",
        next);
    check(
        seen.size() <= kMaxDirectories,
        bytes.where(),
        ": TIFF of more than ",
        kMaxDirectories,
        " pages; split it, for example with tiffsplit IN.tif");
    const TiffDirectory directory(bytes, next);
    if (is_page(directory)) {
      pages.push_back(directory);
    }
    next = directory.next();
  }
  return pages;
}

std::string with_first_page(
    const ImageBytes& bytes,
    const TiffDirectory& page) {
  constexpr uint64_t kFirstDirectory = 4;
  std::string copy(bytes.text());
  const bool big_endian = page.big_endian();
  write_number(page.begin(), kFirstDirectory, 4, big_endian, copy);
  if (const auto entry = page.find(TiffDirectory::kOrientation)) {
    // One SHORT: 1, upright.
    write_number(/*type=*/3, *entry + 2, 2, big_endian, copy);
    write_number(/*count=*/1, *entry + 4, 4, big_endian, copy);
    write_number(/*value=*/1, *entry + 8, 2, big_endian, copy);
  }
  return copy;
}

} // namespace microfiche::page
