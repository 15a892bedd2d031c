#include "kernels/reference_kernels.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace microfiche::kernels {
namespace {

/// Exits with 0 if MICROFICHE_REFERENCE_KERNELS = `list` turns off `linear`,
/// with 1 if not, and with 2 after an error, which it prints.
[[noreturn]] void exit_with(const char* list) {
  setenv("MICROFICHE_REFERENCE_KERNELS", list, /*overwrite=*/1);
  try {
    std::exit(runs_reference("linear") ? 0 : 1);
  } catch (const c10::Error& error) {
    std::fputs(error.what_without_backtrace(), stderr);
    std::exit(2);
  }
}

// The list is read once per process, so each case has its own.
class ReferenceKernelsTest : public ::testing::Test {
 protected:
  ReferenceKernelsTest() {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }
};

TEST_F(ReferenceKernelsTest, TurnsOffTheKernelsOfTheList) {
  EXPECT_EXIT(exit_with("convolution,linear"), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(exit_with("all"), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(exit_with("convolution"), testing::ExitedWithCode(1), "");
  EXPECT_EXIT(exit_with(""), testing::ExitedWithCode(1), "");
}

TEST_F(ReferenceKernelsTest, RefusesAnUnknownName) {
  EXPECT_EXIT(
      exit_with("linear,lineal"),
      testing::ExitedWithCode(2),
      "MICROFICHE_REFERENCE_KERNELS: expected .* got \"lineal\"");
}

} // namespace
} // namespace microfiche::kernels
