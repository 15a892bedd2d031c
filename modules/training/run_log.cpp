#include "training/run_log.h"

#include "core/error.h"
#include "core/files.h"
#include "core/table.h"
#include "page/image_file.h"

#include <algorithm>
#include <chrono>

namespace microfiche::training {
namespace {

/// Forgets the lines of what a resumed run will do again.
void trim_metrics(
    const std::filesystem::path& file,
    int64_t last_step,
    int64_t evaluated_step) {
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
    if (json.is_object()) {
      const bool evaluation = json.contains("evaluation");
      const int64_t last = evaluation ? evaluated_step : last_step;
      kept += json.value("step", int64_t{0}) <= last ? line + "\n" : "";
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

/// Text as a block of Markdown that is shown as it stands.
std::string verbatim(const std::string& text) {
  std::string block = "    ";
  for (const char character : text) {
    block += character;
    if (character == '\n') {
      block += "    ";
    }
  }
  return block + "\n\n";
}

std::string reading_text(const ReadPage& page) {
  return concat(
      "**Reference**\n\n",
      verbatim(page.reference),
      "**Prediction**, precision ",
      fixed(page.precision, 3),
      "\n\n",
      verbatim(page.prediction));
}

} // namespace

RunLog::RunLog(
    const std::filesystem::path& folder,
    int64_t last_step,
    int64_t evaluated_step)
    : metrics_(folder / "metrics.jsonl"),
      events_(folder / "events", last_step + 1) {
  trim_metrics(metrics_, last_step, evaluated_step);
}

void RunLog::add(
    const Json& line,
    const std::map<std::string, double>& scalars) {
  append_line(metrics_, line.dump());
  events_.add(line.at("step").get<int64_t>(), unix_time(), scalars);
}

void RunLog::show(int64_t step, const std::vector<ReadPage>& pages) {
  for (const auto& page : pages) {
    const double now = unix_time();
    // TensorBoard knows one kind of data a tag.
    events_.add_image(
        step,
        now,
        "page/" + page.name,
        {page.page.width, page.page.height, page::encode_png(page.page)});
    events_.add_text(step, now, "reading/" + page.name, reading_text(page));
  }
}

} // namespace microfiche::training
