#include "core/memory_use.h"

#include <gtest/gtest.h>

#include <malloc.h>
#include <sys/resource.h>

#include <array>
#include <cstdint>
#include <cstdlib>

namespace microfiche {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

/// The settings last, so each test runs in a process of its own, with the C
/// library's allocator.
class FreedMemoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "the thread sanitizer has an allocator of its own";
#endif
    if (mallopt(M_PERTURB, 0) == 0) {
      GTEST_SKIP() << "a sanitizer's allocator ignores mallopt";
    }
  }

  /// Whether a step that takes and frees four blocks of this size needs
  /// far fewer new pages the third time than the first time.
  static bool reuses_blocks_of(size_t bytes) {
    const int64_t first = faults_of_a_step(bytes);
    faults_of_a_step(bytes);
    return faults_of_a_step(bytes) * 10 < first;
  }

 private:
  static int64_t faults_of_a_step(size_t bytes) {
    std::array<volatile char*, 4> blocks{};
    rusage before{};
    rusage after{};
    getrusage(RUSAGE_SELF, &before);
    for (auto& block : blocks) {
      block = static_cast<volatile char*>(std::malloc(bytes));
      for (size_t i = 0; i < bytes; i += 4096) {
        block[i] = 1;
      }
    }
    for (auto* block : blocks) {
      std::free(const_cast<char*>(block));
    }
    getrusage(RUSAGE_SELF, &after);
    return after.ru_minflt - before.ru_minflt;
  }
};

#define EXPECT_IN_NEW_PROCESS(condition) \
  EXPECT_EXIT(std::exit((condition) ? 0 : 1), testing::ExitedWithCode(0), "")

TEST_F(FreedMemoryTest, GoesBackToTheSystemByDefault) {
  EXPECT_IN_NEW_PROCESS(!reuses_blocks_of(20 * kMiB));
}

TEST_F(FreedMemoryTest, BlocksBelow32MiBAreReused) {
  EXPECT_IN_NEW_PROCESS((reuse_freed_blocks(), reuses_blocks_of(20 * kMiB)));
  EXPECT_IN_NEW_PROCESS((reuse_freed_blocks(), !reuses_blocks_of(64 * kMiB)));
}

TEST_F(FreedMemoryTest, SettingsOfTheEnvironmentStay) {
  EXPECT_IN_NEW_PROCESS(
      (setenv("MALLOC_MMAP_THRESHOLD_", "131072", 1),
       reuse_freed_blocks(),
       !reuses_blocks_of(20 * kMiB)));
}

TEST_F(FreedMemoryTest, AllOfItIsReusedWhereItIsKept) {
  EXPECT_IN_NEW_PROCESS((keep_freed_memory(), reuses_blocks_of(64 * kMiB)));
}

TEST(MemoryUseTest, WritesBytesWithTheirUnit) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(int64_t{3} << 40), "3.0 TiB");
}

} // namespace
} // namespace microfiche
