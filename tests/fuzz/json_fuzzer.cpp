#include "core/config.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

/// Reads the first line as `--set path=value`, and the rest as JSON.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const size_t line = std::min(text.find('\n'), text.size());
  try {
    auto json = microfiche::parse_json(
        std::string_view(text).substr(line), "fuzz.json");
    microfiche::apply_override(json, text.substr(0, line));
  } catch (const microfiche::Error&) {
  }
  return 0;
}
