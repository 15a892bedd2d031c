#include "analysis/training_metrics.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"

namespace microfiche::analysis {
namespace {

TrainingMetrics read_line(const Json& line, const std::string& where) {
  const bool has_step =
      line.is_object() && line.contains("step") && line["step"].is_number();
  check(has_step, where, ": expected an object with \"step\"");
  TrainingMetrics row;
  row.step = line["step"].get<int64_t>();
  for (const auto& [name, value] : line.items()) {
    if (name == "evaluation") {
      for (const auto& element : value) {
        row.evaluation.push_back(read_config<metrics::EvaluationRow>(
            element, where + ": evaluation"));
      }
    } else if (value.is_number()) {
      row.values[name] = value.get<double>();
    }
  }
  return row;
}

} // namespace

std::vector<TrainingMetrics> read_training_metrics(
    const std::filesystem::path& folder) {
  const auto file = folder / "metrics.jsonl";
  auto text = read_file(file);
  text.resize(text.rfind('\n') + 1);
  std::vector<TrainingMetrics> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    const auto where = concat(file.string(), ":", lines.size() + 1);
    lines.push_back(
        read_line(parse_json(text.substr(begin, end - begin), where), where));
    begin = end + 1;
  }
  check(!lines.empty(), file.string(), ": no step is logged yet");
  return lines;
}

} // namespace microfiche::analysis
