#include "sweep/run/environment.h"

#include <sys/utsname.h>

#include <ctime>
#include <fstream>

#include "core/config.h"
#include "core/version.h"
#include "rendering/font.h"
#include "tokenizer/text_token_counter.h"

namespace microfiche::sweep {
namespace {

/// As ISO 8601, in UTC.
std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "unknown";
}

std::string operating_system() {
  utsname names{};
  uname(&names);
  return std::string(names.sysname) + " " + names.release + " " + names.machine;
}

} // namespace

Json describe_environment(
    const Json& model,
    const std::vector<std::string>& fonts,
    int64_t threads) {
  return {
      {"started", now()},
      {"build", write_config(build_info())},
      {"model", model},
      {"text_tokenizer",
       {{"name", "DeepSeek-OCR"},
        {"sha256", tokenizer::find_text_token_counter().sha256()}}},
      {"rendering", write_config(rendering::rendering_provenance(fonts))},
      {"processor", processor()},
      {"operating_system", operating_system()},
      {"threads", threads}};
}

} // namespace microfiche::sweep
