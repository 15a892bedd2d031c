#pragma once

#include <string>
#include <vector>

#include "core/files.h"
#include "core/json.h"

namespace microfiche::metrics {

/// The lines of a file that tests/oracles/make_metric_goldens wrote, without
/// the first, which says what made it.
inline std::vector<Json> read_goldens(const std::string& name) {
  const std::string path = MICROFICHE_SOURCE_DIR "/tests/data/metrics/" + name;
  const auto text = read_file(path);
  std::vector<Json> lines;
  for (size_t begin = text.find('\n') + 1; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    lines.push_back(parse_json(text.substr(begin, end - begin), path));
    begin = end + 1;
  }
  return lines;
}

} // namespace microfiche::metrics
