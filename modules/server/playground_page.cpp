#include "server/playground_page.h"

#include "core/crypto.h"
#include "core/error.h"
#include "server/playground_assets.h"

#include <string_view>

namespace microfiche::server {
namespace {

std::string
replaced(std::string text, std::string_view mark, std::string_view part) {
  const auto at = text.find(mark);
  text.replace(at, mark.size(), part);
  return text;
}

/// Hexadecimal digits as bytes.
std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(
        std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

} // namespace

const std::string& playground_page() {
  static const std::string page = replaced(
      replaced(kPlaygroundHtml, "/* playground.css */", kPlaygroundStyle),
      "/* playground.js */",
      kPlaygroundScript);
  return page;
}

const std::string& playground_policy() {
  static const std::string policy = concat(
      "default-src 'none'; script-src 'sha256-",
      base64_encode(from_hex(sha256(std::string_view(kPlaygroundScript)))),
      "'; style-src 'unsafe-inline'; img-src data: blob:; connect-src 'self'; "
      "frame-src 'self'; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'none'");
  return policy;
}

} // namespace microfiche::server
