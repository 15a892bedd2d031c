#include "core/version.h"

#include "core/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(VersionTest, NamesACommitOrSaysThatNoneIsKnown) {
  EXPECT_THAT(
      build_info().commit, MatchesRegex("([0-9a-f]{12,40}(-dirty)?|unknown)"));
}

TEST(VersionTest, EveryPartIsNamed) {
  const Json parts = write_config(build_info());

  for (const auto& [name, value] : parts.items()) {
    EXPECT_NE(value, "") << name;
  }
}

TEST(VersionTest, TheTextNamesCommitAndLibraries) {
  const auto text = version_text();

  for (const auto& part :
       {build_info().version,
        build_info().commit,
        "LibTorch   " + build_info().libtorch,
        "CUDA       " + build_info().cuda,
        "OpenCV     " + build_info().opencv,
        "Pango      " + build_info().pango}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

} // namespace
} // namespace microfiche
