#include "core/memory_use.h"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <cstdlib>
#include <cstring>
#include <memory>

namespace microfiche {
namespace {

/// Pages of memory that the system had to give for a block of 64 MiB.
int64_t faults_of_a_large_block() {
  constexpr size_t kBytes = size_t{64} << 20;
  rusage before{};
  rusage after{};
  getrusage(RUSAGE_SELF, &before);
  const std::unique_ptr<char, decltype(&std::free)> block(
      static_cast<char*>(std::malloc(kBytes)), &std::free);
  std::memset(block.get(), 1, kBytes);
  // Without this the compiler leaves out the block.
  if (block.get()[kBytes / 2] != 1) {
    std::abort();
  }
  getrusage(RUSAGE_SELF, &after);
  return after.ru_minflt - before.ru_minflt;
}

TEST(MemoryUseTest, GivesFreedMemoryToTheNextAllocation) {
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
