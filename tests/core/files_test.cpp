#include "core/files.h"

#include "core/error.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace microfiche {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::ThrowsMessage;
namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class FilesTest : public ::testing::Test {
 protected:
  const tests::TemporaryFolder folder_;
  const fs::path path_ = folder_.path() / "file";
};

TEST_F(FilesTest, ReadsBackWhatItWrote) {
  const std::string bytes("\0\n\xff text", 8);

  write_file(path_, bytes);

  EXPECT_EQ(read_file(path_), bytes);
}

TEST_F(FilesTest, WritingReplacesTheWholeFile) {
  write_file(path_, "a long text");
  write_file(path_, "short");

  EXPECT_EQ(read_file(path_), "short");
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("file"));
}

TEST_F(FilesTest, WritingMakesMissingFolders) {
  const auto deep = folder_.path() / "a/b/c";

  write_file(deep, "text");

  EXPECT_EQ(read_file(deep), "text");
}

TEST_F(FilesTest, WritesInPieces) {
  write_file(path_, [](const ByteSink& sink) {
    for (const std::string_view piece : {"one ", "two ", "three"}) {
      sink(std::as_bytes(std::span(piece.data(), piece.size())));
    }
  });

  EXPECT_EQ(read_file(path_), "one two three");
}

TEST_F(FilesTest, AFailedWriteKeepsOnlyTheOldFile) {
  write_file(path_, "old");

  EXPECT_THROW(
      write_file(
          path_,
          [](const ByteSink& sink) {
            const std::string_view half = "new";
            sink(std::as_bytes(std::span(half.data(), half.size())));
            throw InputError("cannot go on");
          }),
      InputError);

  EXPECT_EQ(read_file(path_), "old");
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("file"));
}

TEST_F(FilesTest, MissingFilesAreNamed) {
  EXPECT_THAT(
      [&] { read_file(path_); },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr(path_.string()), HasSubstr("No such file or directory"))));
}

TEST_F(FilesTest, FoldersAreNotReadAsFiles) {
  EXPECT_THAT(
      [&] { read_file(folder_.path()); },
      ThrowsMessage<InputError>(HasSubstr("is a folder, expected a file")));
}

TEST_F(FilesTest, ReadsLinesWithTheirNumbers) {
  // The third line is longer than one read.
  const std::string content(200'000, 'x');
  write_file(path_, "one\n \r\n" + content + "\nlast");
  std::vector<std::pair<std::string, std::string>> lines;

  for_each_line(path_, [&](std::string_view line, const std::string& where) {
    lines.emplace_back(line, where.substr(path_.string().size()));
  });

  EXPECT_THAT(
      lines,
      ElementsAre(Pair("one", ":1"), Pair(content, ":3"), Pair("last", ":4")));
}

TEST_F(FilesTest, ALineLongerThanTheLimitIsNamed) {
  write_file(path_, "one\ntwo");
  fs::resize_file(path_, 4 + kMaxLineBytes + 1);

  EXPECT_THAT(
      [&] {
        for_each_line(path_, [](std::string_view, const std::string&) {});
      },
      ThrowsMessage<InputError>(
          HasSubstr(path_.string() + ":2: is longer than 67108864 bytes")));
}

TEST_F(FilesTest, AFileInPlaceOfAFolderIsAnIoError) {
  write_file(path_, "text");

  EXPECT_THROW(write_file(path_ / "inside", "text"), IoError);
}

TEST_F(FilesTest, WritingOverAFolderIsAnIoErrorAndLeavesNothing) {
  fs::create_directory(path_);

  EXPECT_THROW(write_file(path_, "text"), IoError);

  EXPECT_THAT(names_in(folder_.path()), ElementsAre("file"));
}

TEST_F(FilesTest, WritesIntoAPipe) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  std::string received;
  std::thread reader([&] { received = read_file(path_); });

  write_file(path_, "text");
  reader.join();

  EXPECT_EQ(received, "text");
  EXPECT_TRUE(fs::is_fifo(path_));
}

TEST_F(FilesTest, AppendsLines) {
  append_line(path_, "one");
  append_line(path_, "two");

  EXPECT_EQ(read_file(path_), "one\ntwo\n");
}

TEST(FullDeviceTest, AFullStandardOutputIsAnIoError) {
  EXPECT_EXIT(
      {
        ::dup2(::open("/dev/full", O_WRONLY), STDOUT_FILENO);
        try {
          write_file("-", "text");
        } catch (const IoError& error) {
          std::fputs(error.what(), stderr);
          std::_Exit(static_cast<int>(error.exit_code()));
        }
        std::_Exit(0);
      },
      ::testing::ExitedWithCode(4),
      "standard output: cannot write: No space left on device");
}

/// A disk of 64 KiB.
class FullDiskTest : public FilesTest {
 protected:
  void SetUp() override {
    if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
      GTEST_SKIP() << "this user may not mount a small disk";
    }
    mounted_ = true;
  }
  void TearDown() override {
    if (mounted_) {
      ::umount(folder_.path().c_str());
    }
  }

  const std::string too_much_ = std::string(1 << 20, 'x');
  bool mounted_ = false;
};

TEST_F(FullDiskTest, WritingNamesTheFileAndLeavesTheOldOne) {
  write_file(path_, "old");

  EXPECT_THAT(
      [&] { write_file(path_, too_much_); },
      ThrowsMessage<IoError>(AllOf(
          HasSubstr(path_.string()),
          HasSubstr("No space left on device for "),
          HasSubstr(" bytes, 0 are free"))));

  EXPECT_EQ(read_file(path_), "old");
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("file"));
}

TEST_F(FullDiskTest, AppendingLeavesNoHalfLine) {
  append_line(path_, "finished");

  EXPECT_THROW(append_line(path_, too_much_), IoError);

  EXPECT_EQ(read_file(path_), "finished\n");
}

TEST_F(FilesTest, MapsAWholeFile) {
  write_file(path_, "text");

  const MappedFile file(path_);

  ASSERT_EQ(file.bytes().size(), 4u);
  EXPECT_EQ(file.bytes()[3], std::byte{'t'});
}

TEST_F(FilesTest, MapsAnEmptyFile) {
  write_file(path_, "");

  EXPECT_TRUE(MappedFile(path_).bytes().empty());
}

TEST_F(FilesTest, AMovedMapKeepsItsBytes) {
  write_file(path_, "text");
  MappedFile first(path_);

  const MappedFile second = std::move(first);

  EXPECT_EQ(second.bytes().size(), 4u);
  EXPECT_EQ(second.bytes()[0], std::byte{'t'});
}

TEST_F(FilesTest, MappingAMissingFileNamesIt) {
  EXPECT_THAT(
      [&] { MappedFile{path_}; },
      ThrowsMessage<InputError>(HasSubstr(path_.string())));
}

} // namespace
} // namespace microfiche
