#include "training/run_log.h"

#include "core/files.h"

#include <algorithm>
#include <chrono>

namespace microfiche::training {
namespace {

/// Forgets the lines of steps that a resumed run will do again.
void trim_metrics(const std::filesystem::path& file, int64_t last_step) {
  if (!std::filesystem::exists(file)) {
    return;
  }
  const std::string content = read_file(file);
  std::string kept;
  for (size_t begin = 0; begin < content.size();) {
    const size_t end = std::min(content.find('\n', begin), content.size());
    const std::string line = content.substr(begin, end - begin);
    const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    // A killed run may have left half a line at the end.
    if (json.is_object() && json.value("step", int64_t{0}) <= last_step) {
      kept += line + "\n";
    }
    begin = end + 1;
  }
  if (kept != content) {
    write_file(file, kept);
  }
}

double unix_time() {
  return std::chrono::duration<double>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

} // namespace

RunLog::RunLog(const std::filesystem::path& folder, int64_t last_step)
    : metrics_(folder / "metrics.jsonl"),
      events_(folder / "events", last_step + 1) {
  trim_metrics(metrics_, last_step);
}

void RunLog::add(
    const Json& line,
    const std::map<std::string, double>& scalars) {
  append_line(metrics_, line.dump());
  events_.add(line.at("step").get<int64_t>(), unix_time(), scalars);
}

} // namespace microfiche::training
