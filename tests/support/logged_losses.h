#pragma once

#include "core/files.h"
#include "core/json.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace microfiche::tests {

/// The losses that a run's metrics.jsonl holds, by step.
inline std::map<int64_t, double> logged_losses(
    const std::filesystem::path& run_folder) {
  std::map<int64_t, double> losses;
  const std::string content = read_file(run_folder / "metrics.jsonl");
  for (size_t begin = 0; begin < content.size();) {
    const size_t end = content.find('\n', begin);
    const Json line =
        parse_json(content.substr(begin, end - begin), "metrics.jsonl");
    if (line.contains("loss")) {
      EXPECT_FALSE(losses.contains(line["step"])) << "step logged twice";
      losses[line["step"]] = line["loss"];
    }
    begin = end + 1;
  }
  return losses;
}

} // namespace microfiche::tests
