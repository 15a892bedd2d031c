#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace microfiche {

/// JSON whose objects keep the order in which their fields were written.
/// A field lookup takes linear time. Parsing and iterating over an object take
/// linear time in total, also for a vocabulary.
using Json = nlohmann::ordered_json;

/// In bytes. A tokenizer with 260,000 tokens and 580,000 merges takes half of
/// it.
inline constexpr size_t kMaxJsonFileBytes = size_t{64} << 20;

/// Most values of one JSON text: a value takes up to 100 bytes of memory, its
/// text as little as 2.
inline constexpr size_t kMaxJsonValues = 2'000'000;

/// Parses one JSON value. Throws `InputError`, naming `where` (a file), for
/// text that is not JSON, nests deeper than 64 levels, has more than
/// `max_values` values or repeats a field.
Json parse_json(
    std::string_view text,
    const std::string& where,
    size_t max_values = kMaxJsonValues);

/// Reads and parses a JSON file. Throws `InputError` as `parse_json` does, and
/// when the file does not exist, cannot be read or is larger than
/// `kMaxJsonFileBytes`.
Json read_json_file(const std::filesystem::path& path);

/// Writes a JSON file, indented by two, atomically (see `write_file`).
void write_json_file(const std::filesystem::path& path, const Json& json);

/// The number, or null for NaN and infinities, which JSON cannot hold.
Json finite_or_null(double value);

/// A JSON value in a message, cut to a line.
std::string json_excerpt(const Json& value);

} // namespace microfiche
