#pragma once

#include "core/json.h"

#include <filesystem>
#include <map>
#include <string>

namespace microfiche::verification {

/// Readings of pages in a file, one per line, so that an interrupted check
/// resumes. A line counts only for the settings that it was written with.
class KeptReadings {
 public:
  struct Reading {
    std::string text;
    std::string stop;
  };

  /// Takes `readings.jsonl` of the folder if there is one. An empty `folder`
  /// keeps nothing. Throws `InputError`, naming the line, for a damaged file.
  KeptReadings(const std::filesystem::path& folder, const Json& settings);

  /// Null if there is none. `page` is the SHA-256 of the image's file.
  const Reading* find(const std::string& mode, const std::string& page) const;

  /// Appends a line. Throws `IoError` on failure, such as a full disk.
  void add(const std::string& mode, const std::string& page, Reading reading);

 private:
  std::filesystem::path file_;
  /// SHA-256 of the settings.
  std::string settings_;
  /// By mode and page.
  std::map<std::string, Reading> readings_;
};

} // namespace microfiche::verification
