#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace microfiche::memory {

/// Reads a time of ISO 8601, such as "2026-03-01T09:30:00.25Z",
/// "2026-03-01 10:30:00+01:00" or "2026-03-01"; without an offset it is UTC.
/// In milliseconds since 1970; none for other text and years outside 1 to 9999.
std::optional<int64_t> parse_time(std::string_view text);

/// Seconds since 1970 in milliseconds; none for years outside 1 to 9999.
std::optional<int64_t> time_from_seconds(double seconds);

/// "2026-03-01T09:30:00Z", with ".250" before the Z if there are milliseconds.
std::string time_text(int64_t time_ms);

/// The time of the system's clock.
int64_t system_time_ms();

} // namespace microfiche::memory
