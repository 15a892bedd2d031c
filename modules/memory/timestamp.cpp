#include "memory/timestamp.h"

#include <chrono>
#include <cmath>
#include <cstdio>

namespace microfiche::memory {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::sys_days;

constexpr int64_t kDayMs = 86'400'000;

constexpr int64_t start_of(int year) {
  return sys_days(std::chrono::year(year) / 1 / 1).time_since_epoch() /
      days(1) * kDayMs;
}
constexpr int64_t kFirstMs = start_of(1);
constexpr int64_t kEndMs = start_of(10000);

std::optional<int64_t> in_range(int64_t time_ms) {
  return time_ms >= kFirstMs && time_ms < kEndMs ? std::optional(time_ms)
                                                 : std::nullopt;
}

/// Takes a text apart from the left. After the first mismatch `ok` is false.
class TimeParser {
 public:
  explicit TimeParser(std::string_view text) : rest_(text) {}

  bool take(char character) {
    const bool found = !rest_.empty() && rest_.front() == character;
    if (found) {
      rest_.remove_prefix(1);
    }
    return found;
  }

  void expect(char character) {
    ok = take(character) && ok;
  }

  /// A number of exactly `count` digits, in [least, most].
  int64_t digits(size_t count, int64_t least, int64_t most) {
    int64_t value = 0;
    for (size_t i = 0; i < count; ++i) {
      if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
        ok = false;
        return least;
      }
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    ok = ok && value >= least && value <= most;
    return value;
  }

  /// Milliseconds of the digits after a point; at least one digit.
  int64_t fraction() {
    int64_t value = 0;
    int64_t scale = 100;
    size_t count = 0;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
         ++count) {
      value += (rest_.front() - '0') * scale;
      scale /= 10;
      rest_.remove_prefix(1);
    }
    ok = ok && count > 0;
    return value;
  }

  bool at_end() const {
    return rest_.empty();
  }

  bool ok = true;

 private:
  std::string_view rest_;
};

/// The time of day with its offset, in milliseconds.
int64_t parse_time_of_day(TimeParser& parser) {
  int64_t ms = parser.digits(2, 0, 23) * 3'600'000;
  parser.expect(':');
  ms += parser.digits(2, 0, 59) * 60'000;
  if (parser.take(':')) {
    ms += parser.digits(2, 0, 60) * 1'000; // 60 is a leap second.
    if (parser.take('.') || parser.take(',')) {
      ms += parser.fraction();
    }
  }
  if (parser.take('Z') || parser.take('z') || parser.at_end()) {
    return ms;
  }
  const bool east = parser.take('+');
  if (!east) {
    parser.expect('-');
  }
  int64_t offset = parser.digits(2, 0, 23) * 3'600'000;
  parser.take(':');
  offset += parser.at_end() ? 0 : parser.digits(2, 0, 59) * 60'000;
  return east ? ms - offset : ms + offset;
}

} // namespace

std::optional<int64_t> parse_time(std::string_view text) {
  TimeParser parser(text);
  const auto year = parser.digits(4, 1, 9999);
  parser.expect('-');
  const auto month = parser.digits(2, 1, 12);
  parser.expect('-');
  const auto day = parser.digits(2, 1, 31);
  const auto date = std::chrono::year(static_cast<int>(year)) /
      static_cast<int>(month) / static_cast<int>(day);
  if (!parser.ok || !date.ok()) {
    return std::nullopt;
  }
  int64_t ms = sys_days(date).time_since_epoch() / days(1) * kDayMs;
  if (!parser.at_end()) {
    if (!parser.take(' ')) {
      parser.expect('T');
    }
    ms += parse_time_of_day(parser);
  }
  return parser.ok && parser.at_end() ? in_range(ms) : std::nullopt;
}

std::optional<int64_t> time_from_seconds(double seconds) {
  const double ms = std::round(seconds * 1000);
  // Also false for NaN.
  const bool fits =
      ms >= static_cast<double>(kFirstMs) && ms < static_cast<double>(kEndMs);
  return fits ? in_range(static_cast<int64_t>(ms)) : std::nullopt;
}

std::string time_text(int64_t time_ms) {
  const auto time = std::chrono::sys_time<milliseconds>(milliseconds(time_ms));
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const auto ms = static_cast<int>(clock.subseconds().count());
  char text[64];
  std::snprintf(
      text,
      sizeof text,
      "%04d-%02u-%02uT%02d:%02d:%02d",
      static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  std::string result = text;
  if (ms != 0) {
    std::snprintf(text, sizeof text, ".%03d", ms);
    result += text;
  }
  return result + "Z";
}

int64_t system_time_ms() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

} // namespace microfiche::memory
