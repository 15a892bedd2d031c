#include "core/memory_use.h"

#include <gtest/gtest.h>

#include <malloc.h>
#include <sys/resource.h>

#include <cstdlib>

namespace microfiche {
namespace {

/// Pages of memory that the system gave for a block of 64 MiB, freed again.
int64_t faults_of_a_large_block() {
  constexpr size_t kBytes = size_t{64} << 20;
  rusage before{};
  rusage after{};
  getrusage(RUSAGE_SELF, &before);
  auto* const block = static_cast<volatile char*>(std::malloc(kBytes));
  for (size_t i = 0; i < kBytes; i += 4096) {
    block[i] = 1;
  }
  std::free(const_cast<char*>(block));
  getrusage(RUSAGE_SELF, &after);
  return after.ru_minflt - before.ru_minflt;
}

TEST(MemoryUseTest, GivesFreedMemoryToTheNextAllocation) {
  if (mallopt(M_PERTURB, 0) == 0) {
    GTEST_SKIP() << "a sanitizer's own allocator ignores mallopt";
  }
  // In a process of its own: the setting lasts.
  EXPECT_EXIT(
      {
        keep_freed_memory();
        const int64_t first = faults_of_a_large_block();
        const int64_t second = faults_of_a_large_block();
        std::exit(first > 0 && second * 10 < first ? 0 : 1);
      },
      testing::ExitedWithCode(0),
      "");
}

TEST(MemoryUseTest, WritesBytesWithTheirUnit) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(int64_t{3} << 40), "3.0 TiB");
}

} // namespace
} // namespace microfiche
