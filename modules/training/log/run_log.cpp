#include "training/log/run_log.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/table.h"
#include "page/image_file.h"

#include <algorithm>
#include <chrono>

namespace microfiche::training {
namespace {

/// Removes the lines of steps that a resumed run repeats.
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
    // A killed run may have left an incomplete line at the end.
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

/// Text as a preformatted block of Markdown.
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

std::string reading_text(const EvaluatedPage& page) {
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

void RunLog::add(int64_t step, const Evaluation& evaluation) {
  Json line = Json::object();
  line["step"] = step;
  line["evaluation"] = Json::array();
  std::map<std::string, double> precisions;
  for (const auto& row : evaluation.rows) {
    line["evaluation"].push_back(write_config(row));
    precisions["precision/" + row_name(row)] = row.precision;
  }
  add(line, precisions);
  show(step, evaluation.shown);
}

void RunLog::show(int64_t step, const std::vector<EvaluatedPage>& pages) {
  for (const auto& page : pages) {
    const double now = unix_time();
    // TensorBoard allows one kind of data per tag.
    events_.add_image(
        step,
        now,
        "page/" + page.name,
        {page.page.width, page.page.height, page::encode_png(page.page)});
    events_.add_text(step, now, "reading/" + page.name, reading_text(page));
  }
}

void check_no_other_run(const std::filesystem::path& folder) {
  const auto config = folder / "config.json";
  check(
      !std::filesystem::exists(config) ||
          read_json_file(config).contains("stages"),
      folder.string(),
      ": holds a run that is not a training; choose another folder with -o");
}

} // namespace microfiche::training
