#pragma once

#include "memory/store.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace microfiche::memory {

// Files of STORE.files, see Note [Truth and derived files].

/// Ends of the names of derived files.
inline constexpr std::string_view kPngExtension = ".png";
inline constexpr std::string_view kTokensExtension = ".safetensors";

/// Where the file with this hash is, or would be.
std::filesystem::path derived_file(
    const Store& store,
    const std::string& sha256,
    std::string_view extension);

/// Saves a file, whole or not at all, and returns its SHA-256. Call it before
/// the row that names the file is committed. Throws `IoError` on failure, such
/// as a full disk.
std::string save_derived_file(
    const Store& store,
    std::string_view bytes,
    std::string_view extension);

/// The bytes of a file. Throws `InputError` when it is missing or has other
/// bytes than its name says.
std::string read_derived_file(
    const Store& store,
    const std::string& sha256,
    std::string_view extension);

/// Removes files that no row names: of erased pages, and of calls that were
/// killed. Returns their number. The store is open for writing, and no
/// transaction has rows of new files.
int64_t remove_unused_files(Store& store);

/// The number of files that no row names.
int64_t num_unused_files(Store& store);

} // namespace microfiche::memory
