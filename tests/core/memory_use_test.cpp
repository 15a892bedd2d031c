#include "core/memory_use.h"

#include <gtest/gtest.h>

#include <malloc.h>
#include <sys/resource.h>

#include <cstdlib>

namespace microfiche {
namespace {

/// Pages of memory that the system gave for a block of so many bytes, freed
/// again.
int64_t faults_of_a_block(size_t bytes) {
  rusage before{};
  rusage after{};
  getrusage(RUSAGE_SELF, &before);
  auto* const block = static_cast<volatile char*>(std::malloc(bytes));
  for (size_t i = 0; i < bytes; i += 4096) {
    block[i] = 1;
  }
  std::free(const_cast<char*>(block));
  getrusage(RUSAGE_SELF, &after);
  return after.ru_minflt - before.ru_minflt;
}

/// Whether a second block of so many bytes needs far fewer new pages than the
/// first, after `setting`; in a process of its own, because the setting lasts.
void expect_reuse(size_t bytes, bool reuses, void (*setting)()) {
  EXPECT_EXIT(
      {
        setting();
        const int64_t first = faults_of_a_block(bytes);
        const int64_t second = faults_of_a_block(bytes);
        const bool reused = second * 10 < first;
        std::exit(first > 0 && reused == reuses ? 0 : 1);
      },
      testing::ExitedWithCode(0),
      "");
}

TEST(MemoryUseTest, GivesFreedMemoryToTheNextAllocation) {
  if (mallopt(M_PERTURB, 0) == 0) {
    GTEST_SKIP() << "a sanitizer's own allocator ignores mallopt";
  }
  constexpr size_t kMiB = size_t{1} << 20;
  expect_reuse(64 * kMiB, false, [] {});
  expect_reuse(64 * kMiB, false, reuse_freed_blocks);
  expect_reuse(64 * kMiB, true, keep_freed_memory);
  expect_reuse(31 * kMiB, true, reuse_freed_blocks);
}

TEST(MemoryUseTest, WritesBytesWithTheirUnit) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(int64_t{3} << 40), "3.0 TiB");
}

} // namespace
} // namespace microfiche
