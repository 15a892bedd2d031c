#pragma once

#include <string>
#include <string_view>

namespace microfiche {

/// Throws `InputError`, whose message starts with `where` (a file), for the
/// small text that a git clone without Git LFS has in place of a large file.
///
/// Source: git-lfs/git-lfs docs/spec.md, "The Pointer".
void refuse_git_lfs_pointer(std::string_view bytes, const std::string& where);

} // namespace microfiche
