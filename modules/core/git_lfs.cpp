#include "core/git_lfs.h"

#include "core/error.h"

namespace microfiche {

void refuse_git_lfs_pointer(std::string_view bytes, const std::string& where) {
  check(
      !bytes.starts_with("version https://git-lfs.github.com/spec/"),
      where,
      ": is a Git LFS pointer, not the file itself; run `git lfs pull` in its "
      "folder");
}

} // namespace microfiche
