#include "core/folder_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <thread>

#include "core/error.h"
#include "tests/support/folders.h"

namespace microfiche {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using tests::TemporaryFolder;

TEST(FolderLockTest, AFolderIsLockedUntilItsOwnerEnds) {
  TemporaryFolder folder;
  auto one = std::make_unique<FolderLock>(folder.path());

  EXPECT_THAT(
      [&] { FolderLock(folder.path()); },
      ThrowsMessage<IoError>(
          AllOf(HasSubstr("another run is writing"), HasSubstr("-o"))));
  one.reset();
  EXPECT_NO_THROW(FolderLock(folder.path()));
}

TEST(FolderLockTest, AKilledProcessReleasesItsLocks) {
  TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const FolderLock lock(folder.path());
    [[maybe_unused]] const auto written = ::write(ready[1], "x", 1);
    ::pause();
    ::_exit(0);
  }
  char signal = 0;
  ASSERT_EQ(::read(ready[0], &signal, 1), 1);
  EXPECT_THROW(FolderLock(folder.path()), IoError);

  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);

  EXPECT_NO_THROW(FolderLock(folder.path()));
}

TEST(FolderLockTest, ATaskIsClaimedUntilItsOwnerEnds) {
  TemporaryFolder folder;
  FolderLock one(folder.path(), FolderLock::Mode::kShared);
  auto two =
      std::make_unique<FolderLock>(folder.path(), FolderLock::Mode::kShared);

  EXPECT_TRUE(one.try_claim(0));
  EXPECT_FALSE(two->try_claim(0));
  EXPECT_TRUE(two->try_claim(1));
  one.release(0);
  EXPECT_TRUE(two->try_claim(0));
  two.reset();
  EXPECT_TRUE(one.try_claim(0));
  EXPECT_TRUE(one.try_claim(1));
}

TEST(FolderLockTest, ExclusiveActionsDoNotOverlap) {
  TemporaryFolder folder;
  FolderLock one(folder.path(), FolderLock::Mode::kShared);
  FolderLock two(folder.path(), FolderLock::Mode::kShared);
  std::atomic<bool> inside = false;
  const auto turn = [&] {
    EXPECT_FALSE(inside.exchange(true));
    std::this_thread::yield();
    inside = false;
  };

  std::thread other([&] {
    for (int i = 0; i < 20; ++i) {
      two.run_exclusively(turn);
    }
  });
  for (int i = 0; i < 20; ++i) {
    one.run_exclusively(turn);
  }
  other.join();
}

} // namespace
} // namespace microfiche
