#pragma once

// Only for the sources of this module, apart from `find_poppler`.

#include "document/child_process.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::document {

/// The file of one of Poppler's programs. Throws `Error` (exit code 1) with the
/// command that installs it where it is missing.
std::filesystem::path find_poppler(const std::string& program);

/// Whether Poppler has the character maps that Chinese, Japanese and Korean
/// files need (Debian's poppler-data). Without them it leaves out their text.
bool has_poppler_data();

/// Ends the message about a PDF without pages.
inline constexpr std::string_view kNoPages =
    ": has no pages that Poppler finds; damaged file? Repair it with qpdf "
    "IN.pdf OUT.pdf";

/// Runs one of Poppler's programs on a file, with the time limit on the wall
/// clock and a limit for its output. Throws `InputError`, whose message starts
/// with `where`, unless the program exits with 0.
ChildResult run_poppler(
    const std::string& program,
    const std::vector<std::string>& arguments,
    double time_limit_s,
    int64_t output_bytes,
    const std::string& where);

/// What a page may lack, from what Poppler wrote to its standard error: each
/// error once, without its position in the file, the first ten of them.
std::vector<std::string> find_warnings(std::string_view errors);

/// Removes the first line from `text`, with its line break, and returns it.
std::string_view take_line(std::string_view& text);

} // namespace microfiche::document
