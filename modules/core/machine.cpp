#include "core/machine.h"

#include <sys/utsname.h>

#include <ctime>
#include <fstream>
#include <string>

namespace microfiche {
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

Json describe_machine() {
  return {
      {"started", now()},
      {"processor", processor()},
      {"operating_system", operating_system()}};
}

} // namespace microfiche
