#pragma once

#include <filesystem>
#include <string_view>

namespace microfiche {

/// Makes what was renamed or removed in a folder outlast a power cut. Throws
/// `IoError` when the system refuses.
void sync_folder(const std::filesystem::path& folder);

/// Stands between the name of a file that `write_file` writes and its process.
inline constexpr std::string_view kTemporaryMark = ".tmp.";

/// Removes what calls of `write_file` that were killed left in a folder, if
/// there is one. Nobody else may be writing there.
void remove_temporary_files(const std::filesystem::path& folder);

} // namespace microfiche
