#include "core/files.h"

#include "tests/support/folders.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace microfiche {
namespace {

namespace fs = std::filesystem;

// From `sha256sum`: 64 MiB of zeros, the smallest cached file.
constexpr const char* kOfZeros =
    "3b6a07d0d404fab4e23b6d34bc6696a6a312dd92821332385e5af7c01c421351";

class FileHashTest : public ::testing::Test {
 protected:
  FileHashTest() {
    ::setenv("XDG_CACHE_HOME", (folder.path() / "cache").c_str(), 1);
    write_file(file, "");
    fs::resize_file(file, 64 << 20);
  }
  ~FileHashTest() override {
    ::unsetenv("XDG_CACHE_HOME");
  }

  /// The only file of the cache.
  fs::path kept() const {
    return fs::directory_iterator(folder.path() / "cache/microfiche/sha256")
        ->path();
  }

  tests::TemporaryFolder folder;
  fs::path file = folder.path() / "zeros";
};

TEST_F(FileHashTest, IsReadFromTheCacheTheSecondTime) {
  EXPECT_EQ(sha256_of_file(file), kOfZeros);

  const std::string other(64, 'f');
  write_file(kept(), other);

  EXPECT_EQ(sha256_of_file(file), other);
}

TEST_F(FileHashTest, AChangedFileIsReadAgain) {
  EXPECT_EQ(sha256_of_file(file), kOfZeros);

  fs::resize_file(file, (64 << 20) + 1);

  EXPECT_NE(sha256_of_file(file), kOfZeros);
}

} // namespace
} // namespace microfiche
