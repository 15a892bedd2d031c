#include <analysis/run_analysis.h>
#include <core/files.h>
#include <report/write_report.h>
#include <sweep/run/sweep.h>

#include <algorithm>
#include <cstdio>

using namespace microfiche;

namespace {

/// A reader of another project in place of a model. This one knows the text of
/// each page and misses every tenth character; a real one would read
/// `request.pages`.
class ForgetfulReader : public sweep::BatchReader {
 public:
  sweep::BatchReading read(const sweep::BatchRequest& request) override {
    sweep::BatchReading batch;
    for (size_t i = 0; i < request.pages.size(); ++i) {
      sweep::PageReading reading;
      const auto& text = request.references[i];
      for (size_t k = 0; k < text.size(); ++k) {
        reading.text += k % 10 == 9 ? "" : text.substr(k, 1);
      }
      reading.stop = "eos";
      reading.vision_tokens = page::count_vision_tokens(
          request.mode, request.pages[i].width, request.pages[i].height);
      batch.pages.push_back(std::move(reading));
    }
    return batch;
  }

  page::ResolutionMode find_mode(const std::string&) const override {
    page::ResolutionMode mode;
    mode.name = "square";
    mode.base_size_px = 192;
    mode.fit = page::Fit::kStretch;
    return mode;
  }

  int64_t count_text_tokens(std::string_view text) const override {
    return std::ssize(text);
  }
};

} // namespace

/// ocr_sweep TEXT_FOLDER RUN_FOLDER: runs a small sweep with the reader above
/// and writes its report.
int main(int, char** arguments) {
  const std::filesystem::path folder = arguments[2];
  sweep::SweepConfig config;
  config.texts = {arguments[1]};
  config.characters_per_token = {10};
  config.pages_per_cell = 3;
  config.controls.blank_page = false;
  ForgetfulReader reader;
  config = sweep::complete_config(config, reader);
  const auto count_spaces = [](std::string_view text) {
    return std::count(text.begin(), text.end(), ' ') + 1;
  };

  sweep::run_sweep(config, reader, count_spaces, Json::object(), folder);
  const auto report = report::make_report({analysis::analyze_run(folder)});
  report::write_run_report(report);

  const auto& cell = report.runs.front().summary.cells.front();
  const double score =
      metrics::find_metric(cell.metrics, "edit_similarity").mean;
  std::printf("%d pages, edit similarity %.3f\n", int(cell.pages), score);
  const bool has_report = std::filesystem::exists(folder / "report.html");
  return has_report && cell.pages == 3 && score > 0.85 && score < 0.95 ? 0 : 1;
}
