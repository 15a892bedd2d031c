#include "core/git_lfs.h"

#include "core/error.h"
#include "core/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace microfiche {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr const char* kPointer =
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
    "\nsize 12345\n";

TEST(GitLfsTest, APointerIsRefusedWithWhatToDo) {
  EXPECT_THAT(
      [] { refuse_git_lfs_pointer(kPointer, "a.png"); },
      ThrowsMessage<InputError>(
          AllOf(HasSubstr("a.png: is a Git LFS"), HasSubstr("git lfs pull"))));
}

TEST(GitLfsTest, OtherTextsAndShortFilesAreNone) {
  EXPECT_NO_THROW(refuse_git_lfs_pointer("", "a.png"));
  EXPECT_NO_THROW(refuse_git_lfs_pointer("version https://git", "a.png"));
  EXPECT_NO_THROW(refuse_git_lfs_pointer(" " + std::string(kPointer), "a.png"));
}

TEST(GitLfsTest, AJsonFileThatIsAPointerIsNamed) {
  EXPECT_THAT(
      [] { parse_json(kPointer, "tokenizer.json"); },
      ThrowsMessage<InputError>(
          HasSubstr("tokenizer.json: is a Git LFS pointer")));
}

} // namespace
} // namespace microfiche
