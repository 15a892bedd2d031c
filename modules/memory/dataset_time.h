#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace microfiche::memory {

/// A time of LongMemEval, such as "2023/05/20 (Sat) 02:21", as UTC in
/// milliseconds since 1970; the day of the week is not compared. None for other
/// text.
std::optional<int64_t> parse_longmemeval_time(std::string_view text);

/// A time of LoCoMo, such as "1:56 pm on 8 May, 2023", in the same way.
std::optional<int64_t> parse_locomo_time(std::string_view text);

} // namespace microfiche::memory
