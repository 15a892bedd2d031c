#pragma once

#include <filesystem>
#include <string_view>

namespace microfiche {

/// Makes renames and removals in a folder survive a power cut (fsync). Throws
/// `IoError` on failure.
void sync_folder(const std::filesystem::path& folder);

/// `write_file` writes NAME + kTemporaryMark + process id, then renames it.
inline constexpr std::string_view kTemporaryMark = ".tmp.";

/// Removes the temporary files that killed calls of `write_file` left in a
/// folder. No other process may write there.
void remove_temporary_files(const std::filesystem::path& folder);

} // namespace microfiche
