#include "server/http/data_uri.h"

#include "server/http/api_error.h"

#include <array>
#include <cstdint>

namespace microfiche::server {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr uint8_t kNoDigit = 64;

constexpr std::array<uint8_t, 256> make_values() {
  std::array<uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (uint8_t i = 0; i < kDigits.size(); ++i) {
    values[static_cast<unsigned char>(kDigits[i])] = i;
  }
  return values;
}

constexpr auto kValues = make_values();

} // namespace

std::string read_data_uri(std::string_view uri, const std::string& param) {
  const auto comma = uri.find(',');
  if (!uri.starts_with("data:") || comma == std::string_view::npos ||
      !uri.substr(0, comma).ends_with(";base64")) {
    throw ApiError(
        400,
        concat(
            param,
            ": expected \"data:image/png;base64,...\"; this server loads no "
            "image from another address"),
        param,
        "unsupported_image_address");
  }
  auto digits = uri.substr(comma + 1);
  const bool whole = digits.size() % 4 == 0 && !digits.empty();
  for (int i = 0; i < 2 && digits.ends_with('='); ++i) {
    digits.remove_suffix(1);
  }
  std::string bytes;
  bytes.reserve(digits.size() * 3 / 4);
  uint32_t bits = 0;
  int num_bits = 0;
  bool valid = whole;
  for (const char digit : digits) {
    const uint8_t value = kValues[static_cast<unsigned char>(digit)];
    valid = valid && value != kNoDigit;
    bits = bits << 6 | (value & 63);
    num_bits += 6;
    if (num_bits >= 8) {
      num_bits -= 8;
      bytes += static_cast<char>(bits >> num_bits & 255);
    }
  }
  if (!valid) {
    throw ApiError(
        400,
        concat(param, ": is not base64 with its padding; was it cut?"),
        param);
  }
  return bytes;
}

} // namespace microfiche::server
