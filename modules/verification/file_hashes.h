#pragma once

#include "verification/folder_check.h"

#include <filesystem>
#include <vector>

namespace microfiche::verification {

/// Name, size and SHA-256 of each file of a folder, sorted by name; without
/// hidden files and subfolders. Unlike `sha256_of_file` it uses no cache,
/// because a cached hash says nothing about the bytes on the disk now. Shows
/// progress in megabytes.
///
/// Throws as `MappedFile` does, and `Interrupted` after a signal.
std::vector<FileFacts> hash_files(const std::filesystem::path& folder);

} // namespace microfiche::verification
