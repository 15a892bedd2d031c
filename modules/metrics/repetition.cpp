#include "metrics/repetition.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace microfiche::metrics {
namespace {

constexpr size_t kMinRepeats = 4;
constexpr size_t kMinCharacters = 40;

} // namespace

bool ends_in_loop(std::u32string_view text) {
  // The length of the suffix with period p is p plus the common prefix of the
  // reversed text and itself shifted by p. The Z function gives it for every p.
  const size_t n = text.size();
  const auto reversed = [&](size_t i) { return text[n - 1 - i]; };
  std::vector<size_t> common(n, 0);
  size_t left = 0;
  size_t right = 0;
  for (size_t period = 1; period * kMinRepeats <= n; ++period) {
    size_t length =
        period < right ? std::min(right - period, common[period - left]) : 0;
    while (period + length < n &&
           reversed(length) == reversed(period + length)) {
      ++length;
    }
    if (period + length > right) {
      left = period;
      right = period + length;
    }
    common[period] = length;
    if (period + length >= std::max(kMinRepeats * period, kMinCharacters)) {
      return true;
    }
  }
  return false;
}

} // namespace microfiche::metrics
