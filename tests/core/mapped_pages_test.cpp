#include "core/mapped_pages.h"

#include "core/files.h"
#include "tests/support/folders.h"

#include <gtest/gtest.h>

#include <span>
#include <string>

namespace microfiche {
namespace {

constexpr size_t kPage = 4096;

/// The map is private: writes stay in this process.
void overwrite(std::span<const std::byte> bytes, char value) {
  for (const auto& byte : bytes) {
    const_cast<std::byte&>(byte) = static_cast<std::byte>(value);
  }
}

TEST(MappedPagesTest, ReleasesWholePagesOnly) {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "file";
  write_file(path, std::string(4 * kPage, 'f'));
  const MappedFile file(path);
  overwrite(file.bytes(), 'w');

  release_pages(file.bytes().subspan(kPage / 2, 2 * kPage));

  const auto at = [&](size_t offset) {
    return static_cast<char>(file.bytes()[offset]);
  };
  EXPECT_EQ(at(0), 'w');
  EXPECT_EQ(at(kPage), 'f');
  EXPECT_EQ(at(2 * kPage - 1), 'f');
  EXPECT_EQ(at(2 * kPage), 'w');
}

TEST(MappedPagesTest, KeepsLessThanAPage) {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "file";
  write_file(path, std::string(2 * kPage, 'f'));
  const MappedFile file(path);
  overwrite(file.bytes(), 'w');

  release_pages(file.bytes().subspan(1, kPage));

  EXPECT_EQ(static_cast<char>(file.bytes()[1]), 'w');
}

} // namespace
} // namespace microfiche
