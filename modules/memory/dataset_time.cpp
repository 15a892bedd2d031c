#include "memory/dataset_time.h"

#include "memory/timestamp.h"
#include "memory/word_search.h"

#include <array>
#include <cstdio>
#include <string>

namespace microfiche::memory {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december"};

/// Takes a text apart from the left. After the first mismatch `ok` is false.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  /// A number of one to four digits.
  int number() {
    int value = 0;
    size_t count = 0;
    while (count < 4 && !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') {
      value = 10 * value + (rest_[0] - '0');
      rest_.remove_prefix(1);
      ++count;
    }
    ok = ok && count > 0;
    return value;
  }

  void expect(std::string_view text) {
    ok = ok && rest_.starts_with(text);
    rest_.remove_prefix(ok ? text.size() : 0);
  }

  /// Everything in front of `end`, which is dropped.
  std::string_view until(char end) {
    const size_t size = rest_.find(end);
    ok = ok && size != std::string_view::npos;
    if (!ok) {
      return "";
    }
    const auto text = rest_.substr(0, size);
    rest_.remove_prefix(size + 1);
    return text;
  }

  bool at_end() const {
    return ok && rest_.empty();
  }

  bool ok = true;

 private:
  std::string_view rest_;
};

std::optional<int64_t>
make_time(int year, int month, int day, int hour, int minute) {
  char text[64];
  std::snprintf(
      text,
      sizeof text,
      "%04d-%02d-%02dT%02d:%02dZ",
      year,
      month,
      day,
      hour,
      minute);
  return parse_time(text);
}

} // namespace

std::optional<int64_t> parse_longmemeval_time(std::string_view text) {
  Scanner scanner(text);
  const int year = scanner.number();
  scanner.expect("/");
  const int month = scanner.number();
  scanner.expect("/");
  const int day = scanner.number();
  scanner.expect(" (");
  scanner.until(')');
  scanner.expect(" ");
  const int hour = scanner.number();
  scanner.expect(":");
  const int minute = scanner.number();
  return scanner.at_end() ? make_time(year, month, day, hour, minute)
                          : std::nullopt;
}

std::optional<int64_t> parse_locomo_time(std::string_view text) {
  const auto folded = in_lower_case(std::string(text));
  Scanner scanner(folded);
  int hour = scanner.number();
  scanner.expect(":");
  const int minute = scanner.number();
  scanner.expect(" ");
  const auto half = scanner.until(' ');
  scanner.expect("on ");
  const int day = scanner.number();
  scanner.expect(" ");
  const auto month_name = scanner.until(' ');
  const int year = scanner.number();
  if (!scanner.at_end() || hour < 1 || hour > 12 ||
      (half != "am" && half != "pm")) {
    return std::nullopt;
  }
  hour = hour % 12 + (half == "pm" ? 12 : 0);
  for (size_t month = 0; month < kMonths.size(); ++month) {
    if (month_name == kMonths[month] ||
        month_name == std::string(kMonths[month]) + ",") {
      return make_time(year, static_cast<int>(month) + 1, day, hour, minute);
    }
  }
  return std::nullopt;
}

} // namespace microfiche::memory
