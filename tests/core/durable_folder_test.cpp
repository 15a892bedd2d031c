#include "core/durable_folder.h"

#include "core/error.h"
#include "core/files.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(DurableFolderTest, AFolderThatCannotBeSyncedIsNamed) {
  const tests::TemporaryFolder folder;

  EXPECT_THAT(
      [&] { sync_folder(folder.path() / "missing"); },
      ThrowsMessage<IoError>(HasSubstr("missing: cannot write: No such file")));
}

TEST(DurableFolderTest, RemovesOnlyTheFilesOfKilledWrites) {
  const tests::TemporaryFolder folder;
  write_file(folder.path() / "config.json.tmp.123", "half");
  write_file(folder.path() / "config.json", "whole");
  write_file(folder.path() / "notes.tmp.txt", "mine");

  remove_temporary_files(folder.path());

  EXPECT_FALSE(fs::exists(folder.path() / "config.json.tmp.123"));
  EXPECT_TRUE(fs::exists(folder.path() / "config.json"));
  EXPECT_TRUE(fs::exists(folder.path() / "notes.tmp.txt"));
}

TEST(DurableFolderTest, AMissingFolderIsNotAnError) {
  const tests::TemporaryFolder folder;

  EXPECT_NO_THROW(remove_temporary_files(folder.path() / "missing"));
}

} // namespace
} // namespace microfiche
