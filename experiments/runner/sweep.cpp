#include "experiments/runner/sweep.h"

#include <algorithm>
#include <set>

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "core/terminal.h"
#include "experiments/runner/page_source.h"
#include "experiments/runner/run_folder.h"
#include "experiments/runner/sample.h"
#include "experiments/runner/table.h"
#include "metrics/code_points.h"
#include "metrics/score.h"
#include "page/image_file.h"
#include "page/vision_token_order.h"

namespace microfiche::experiments {
namespace {

/// One sweep at work: what is done, and how to do the rest.
class SweepRun {
 public:
  SweepRun(
      const SweepConfig& config,
      const PageReader& reader,
      const std::function<int64_t(std::string_view)>& counter,
      const std::filesystem::path& folder)
      : config_(config),
        reader_(reader),
        folder_(folder),
        profile_(metrics::find_profile(config.profile)),
        source_(config, counter),
        cells_(cells_of(config)),
        progress_("sweep", num_pages(), "pages") {
    if (std::filesystem::exists(folder / "samples.jsonl")) {
      const auto run = read_run(folder);
      for (const auto& sample : run.samples) {
        done_.insert(sample.id);
        headline_sum_ +=
            metrics::metric_value(sample.metrics, profile_.headline);
      }
      for (const auto& blank : run.blanks) {
        blanks_done_.insert({blank.mode, blank.style});
      }
    }
  }

  void run() {
    show_progress("");
    for (size_t i = 0; i < cells_.size(); ++i) {
      for (int64_t first = 0; first < config_.pages_per_cell;
           first += config_.batch_pages) {
        throw_if_stop_requested();
        run_batch(i, first);
      }
    }
    if (config_.controls.blank_page) {
      for (const auto& mode : config_.modes) {
        for (const auto& style : config_.styles) {
          throw_if_stop_requested();
          run_blank(mode, style.name);
        }
      }
    }
    progress_.finish(remark(""));
    if (num_cut_ > 0) {
      warn(concat(
          num_cut_,
          " pages hold less text than asked for: it did not fit at "
          "min_font_size_px; ratios count what is on the page"));
    }
  }

 private:
  int64_t num_pages() const {
    return static_cast<int64_t>(cells_.size()) * config_.pages_per_cell;
  }

  std::string remark(const std::string& cell) const {
    const auto done = static_cast<double>(done_.size());
    return concat(
        profile_.headline,
        " ",
        fixed(done == 0 ? 0 : headline_sum_ / done, 3),
        cell.empty() ? "" : "  ",
        cell);
  }

  void show_progress(const std::string& cell) {
    progress_.update(static_cast<int64_t>(done_.size()), remark(cell));
  }

  /// Reads the pages [first, first + batch) of a cell unless all are done.
  void run_batch(size_t cell_index, int64_t first) {
    const auto& cell = cells_[cell_index];
    const int64_t end =
        std::min(first + config_.batch_pages, config_.pages_per_cell);
    const auto id_of = [&](int64_t page) {
      return concat(name_of(cell), "/", page);
    };
    bool all_done = true;
    for (int64_t page = first; page < end; ++page) {
      all_done = all_done && done_.contains(id_of(page));
    }
    if (all_done) {
      return;
    }
    const auto mode = reader_.find_mode(cell.mode);
    const auto counts = page::count_vision_tokens(
        mode, mode.base_size_px, mode.base_size_px, reader_.token_side_px);
    std::vector<SweepPage> pages;
    std::vector<page::PageImage> images;
    BatchRequest request{{}, mode, {}, 0};
    for (int64_t page = first; page < end; ++page) {
      pages.push_back(source_.make(cell, page, mode, counts.nominal));
      images.push_back(pages.back().image);
      if (config_.log_likelihood) {
        request.references.push_back(pages.back().reference);
      }
    }
    request.pages = images;
    request.first_page = cell_index * config_.pages_per_cell + first;
    const auto batch = reader_.read(request);

    for (int64_t page = first; page < end; ++page) {
      if (!done_.contains(id_of(page))) {
        auto sample = score(cell, pages[page - first], batch, page - first);
        sample.id = id_of(page);
        sample.page = page;
        sample.vision_tokens = counts;
        record(sample, pages[page - first]);
      }
    }
    show_progress(name_of(cell));
  }

  Sample score(
      const Cell& cell,
      const SweepPage& page,
      const BatchReading& batch,
      size_t index) const {
    const auto& reading = batch.pages[index];
    const auto share = 1.0 / static_cast<double>(batch.pages.size());
    Sample sample;
    sample.cell = cell;
    sample.mode = cell.mode;
    sample.text_tokens = page.text_tokens;
    sample.model_text_tokens = reader_.count_text_tokens(page.reference);
    sample.characters = page.characters;
    sample.font = page.font;
    sample.font_size_px = page.font_size_px;
    sample.reference = page.reference;
    // What is written must be UTF-8, whatever bytes a model emits.
    sample.prediction =
        metrics::encode_utf8(metrics::decode_utf8(reading.text).text);
    sample.metrics =
        metrics::score_page(page.reference, reading.text, profile_);
    sample.stop = reading.stop;
    sample.seconds = {
        page.render_seconds,
        batch.encode_seconds * share,
        batch.prefill_seconds * share,
        batch.decode_seconds * share};
    sample.log_likelihood = reading.log_likelihood;
    return sample;
  }

  void record(const Sample& sample, const SweepPage& page) {
    if (sample.page < config_.pictures_per_cell) {
      page::write_png(picture_path(folder_, sample), page.image);
    }
    append_line(folder_ / "samples.jsonl", to_json(sample).dump());
    done_.insert(sample.id);
    headline_sum_ += metrics::metric_value(sample.metrics, profile_.headline);
    num_cut_ += page.cut;
  }

  void run_blank(const std::string& mode_name, const std::string& style) {
    if (blanks_done_.contains({mode_name, style})) {
      return;
    }
    const auto mode = reader_.find_mode(mode_name);
    const std::vector<page::PageImage> images = {source_.blank(style, mode)};
    const auto batch =
        reader_.read({images, mode, {}, static_cast<uint64_t>(num_pages())});
    const auto& reading = batch.pages.front();
    const BlankReading blank{
        mode_name,
        style,
        metrics::encode_utf8(metrics::decode_utf8(reading.text).text),
        reading.stop};
    append_line(folder_ / "controls.jsonl", write_config(blank).dump());
  }

  const SweepConfig config_;
  const PageReader& reader_;
  const std::filesystem::path folder_;
  const metrics::Profile profile_;
  const PageSource source_;
  const std::vector<Cell> cells_;
  Progress progress_;
  std::set<std::string> done_;
  std::set<std::pair<std::string, std::string>> blanks_done_;
  double headline_sum_ = 0;
  int64_t num_cut_ = 0;
};

} // namespace

SweepConfig complete_config(SweepConfig config, const PageReader& reader) {
  if (config.modes.empty()) {
    config.modes.push_back(reader.find_mode("").name);
  }
  for (const auto& mode : config.modes) {
    reader.find_mode(mode);
  }
  return config;
}

void run_sweep(
    const SweepConfig& config,
    const PageReader& reader,
    const std::function<int64_t(std::string_view)>& counter,
    const Json& environment,
    const std::filesystem::path& folder) {
  const FolderLock lock(folder);
  begin_run(folder, config, environment);
  SweepRun(config, reader, counter, folder).run();
}

} // namespace microfiche::experiments
