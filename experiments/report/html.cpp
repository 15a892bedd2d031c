#include "experiments/report/html.h"

#include <cstdint>

#include "core/error.h"
#include "experiments/report/report_style.h"
#include "metrics/code_points.h"

namespace microfiche::experiments {

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char32_t c : metrics::decode_utf8(text).text) {
    switch (c) {
      case U'&':
        escaped += "&amp;";
        break;
      case U'<':
        escaped += "&lt;";
        break;
      case U'>':
        escaped += "&gt;";
        break;
      case U'"':
        escaped += "&quot;";
        break;
      default: {
        const bool control = c < 0x20 && c != U'\n' && c != U'\t';
        const char32_t shown = control ? 0x2400 + c : c;
        escaped += metrics::encode_utf8({&shown, 1});
      }
    }
  }
  return escaped;
}

std::string html_document(const std::string& title, const std::string& body) {
  return concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
      "'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src "
      "data:\">\n<link rel=\"icon\" href=\"data:,\">\n<title>",
      escape_html(title),
      "</title>\n<style>",
      kReportStyle,
      "</style>\n</head>\n<body>\n<main>\n<h1>",
      escape_html(title),
      "</h1>\n",
      body,
      "<script>",
      kReportScript,
      "</script>\n</main>\n</body>\n</html>\n");
}

std::string json_for_script(const Json& json) {
  std::string text = json.dump();
  for (size_t at = 0; (at = text.find('<', at)) != std::string::npos;) {
    text.replace(at, 1, "\\u003c");
  }
  return text;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string encoded;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](size_t k) -> uint32_t {
      return i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0;
    };
    const uint32_t group = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (size_t digit = 0; digit < 4; ++digit) {
      encoded += i + digit <= bytes.size()
          ? kDigits[group >> (18 - 6 * digit) & 63]
          : '=';
    }
  }
  return encoded;
}

} // namespace microfiche::experiments
