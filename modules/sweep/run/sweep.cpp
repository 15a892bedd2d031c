#include "sweep/run/sweep.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/folder_lock.h"
#include "core/plural.h"
#include "core/stop_signal.h"
#include "core/table.h"
#include "core/terminal.h"
#include "page/image_file.h"
#include "page/vision_token_order.h"
#include "sweep/run/work_list.h"
#include "sweep/run_folder.h"
#include "sweep/run_rows.h"

namespace microfiche::sweep {
namespace {

namespace fs = std::filesystem;

/// Time between two checks of a worker without work.
constexpr auto kWaitInterval = std::chrono::milliseconds(100);

std::vector<int64_t> pages_of_cells(const CellReader& reader) {
  std::vector<int64_t> pages;
  for (const auto& cell : reader.cells()) {
    pages.push_back(reader.num_pages(cell));
  }
  return pages;
}

/// One worker of a sweep, see Note [Workers of one run].
class SweepWorker {
 public:
  SweepWorker(
      const SweepConfig& config,
      const CellReader& reader,
      FolderLock& lock,
      const fs::path& folder,
      const Worker& worker)
      : config_(config),
        reader_(reader),
        lock_(lock),
        folder_(folder),
        worker_(worker),
        work_(
            reader.cells(),
            pages_of_cells(reader),
            config.batch_pages,
            config.controls.blank_page),
        samples_(folder, "samples.jsonl"),
        controls_(folder, "controls.jsonl"),
        spent_(reader.cells().size()),
        next_(work_.pieces().size() * worker.rank / worker.count),
        progress_("sweep", reader.num_pages(), "page") {
    follow();
  }

  bool is_finished() const {
    return work_.num_unfinished() == 0;
  }

  /// Returns when all workers together have finished every page.
  void run() {
    progress_.update(num_finished_, remark());
    while (const auto piece = claim()) {
      throw_if_stop_requested();
      if (work_.pieces()[*piece].is_blank) {
        read_blank(*piece);
      } else {
        read_batch(*piece);
      }
      lock_.release(static_cast<int64_t>(*piece));
    }
    progress_.finish(remark());
    if (num_truncated_ > 0) {
      warn(concat(
          count_of(num_truncated_, "page"),
          " with less text than requested, because it did not fit at "
          "min_font_size_px; ratios count the text on the page"));
    }
  }

 private:
  /// Time that this worker spent on a cell.
  struct Spent {
    double seconds = 0;
    int64_t pages = 0;
  };

  /// Records the rows that other workers have finished.
  void follow() {
    samples_.follow(
        [&](auto line, const auto& where) {
          record(read_config<Sample>(parse_json(line, where), where));
        },
        own_);
    controls_.follow(
        [&](auto line, const auto& where) {
          work_.finish(
              read_config<BlankReading>(parse_json(line, where), where));
        },
        own_);
  }

  void record(const Sample& sample) {
    if (work_.finish(sample)) {
      ++num_finished_;
      headline_sum_ += reader_.headline_of(sample);
    }
  }

  /// Claims the next unfinished piece; waits while other workers hold all of
  /// them. Nothing if all pieces are finished.
  std::optional<size_t> claim() {
    const size_t count = work_.pieces().size();
    while (!is_finished()) {
      for (size_t i = 0; i < count; ++i) {
        const size_t piece = (next_ + i) % count;
        if (work_.pieces()[piece].left == 0 ||
            !lock_.try_claim(static_cast<int64_t>(piece))) {
          continue;
        }
        if (worker_.count > 1) {
          // Another worker may have finished it since the last check.
          follow();
        }
        if (work_.pieces()[piece].left > 0) {
          next_ = piece + 1;
          return piece;
        }
        lock_.release(static_cast<int64_t>(piece));
      }
      throw_if_stop_requested();
      std::this_thread::sleep_for(kWaitInterval);
      follow();
      progress_.update(num_finished_, remark());
    }
    return std::nullopt;
  }

  std::string remark() const {
    return concat(
        reader_.headline(),
        " ",
        fixed(
            num_finished_ == 0
                ? 0
                : headline_sum_ / static_cast<double>(num_finished_),
            3));
  }

  /// The same, with the progress of a cell and its remaining time.
  std::string remark(size_t cell) const {
    const auto& spent = spent_[cell];
    const auto& coordinates = reader_.cells()[cell];
    const int64_t pages = reader_.num_pages(coordinates);
    const int64_t finished = work_.num_finished(cell);
    const double left = spent.seconds / static_cast<double>(spent.pages) *
        static_cast<double>(pages - finished) /
        static_cast<double>(worker_.count);
    return concat(
        remark(),
        "  ",
        name_of(coordinates),
        " ",
        finished,
        "/",
        pages,
        finished == pages ? "" : ", " + duration_text(left) + " left");
  }

  /// The file of that name that this worker writes. Only a worker without
  /// others writes the run folder's own files.
  fs::path own_file(const char* name) {
    if (worker_.count == 1) {
      return folder_ / name;
    }
    if (!own_) {
      own_ = make_worker_folder(folder_);
    }
    return *own_ / name;
  }

  void read_batch(size_t piece) {
    const auto start = std::chrono::steady_clock::now();
    const auto [cell, first, is_blank, left] = work_.pieces()[piece];
    std::string lines;
    const auto samples = reader_.read_batch(cell, first);
    for (const auto& sample : samples) {
      if (work_.is_finished(cell, sample.index)) {
        continue;
      }
      if (sample.index < config_.pictures_per_cell) {
        page::write_png(picture_path(folder_, sample), sample.page.image);
      }
      lines += (lines.empty() ? "" : "\n") + to_json(sample).dump();
      num_truncated_ += sample.page.truncated;
    }
    append_line(own_file("samples.jsonl"), lines);
    for (const auto& sample : samples) {
      record(sample);
    }
    const std::chrono::duration<double> time =
        std::chrono::steady_clock::now() - start;
    spent_[cell].seconds += time.count();
    spent_[cell].pages += static_cast<int64_t>(samples.size());
    progress_.update(num_finished_, remark(cell));
  }

  void read_blank(size_t piece) {
    const auto blank =
        reader_.read_blank(reader_.cells()[work_.pieces()[piece].cell]);
    auto line = write_config(blank);
    erase_nulls(line);
    append_line(own_file("controls.jsonl"), line.dump());
    work_.finish(blank);
  }

  const SweepConfig& config_;
  const CellReader& reader_;
  FolderLock& lock_;
  const fs::path folder_;
  const Worker worker_;
  WorkList work_;
  RowFollower samples_;
  RowFollower controls_;

  /// The folder of this worker's rows, after its first row.
  std::optional<fs::path> own_;
  std::vector<Spent> spent_;
  size_t next_;
  Progress progress_;
  int64_t num_finished_ = 0;
  double headline_sum_ = 0;
  int64_t num_truncated_ = 0;
};

} // namespace

SweepConfig complete_config(SweepConfig config, const BatchReader& reader) {
  if (reader.reads_texts()) {
    const std::vector<std::string> none = {conditions::kNoCondition};
    check(
        config.conditions.page == none && config.conditions.tokens == none,
        "conditions: the model has a text compressor, which gets the texts of "
        "the pages and no images; conditions.page and conditions.tokens have "
        "no effect");
    check(
        !config.controls.blank_page,
        "controls.blank_page: the model has a text compressor, which cannot read "
        "a page without text; set it to false");
  }
  if (config.modes.empty()) {
    config.modes.push_back(reader.find_mode("").name);
  }
  for (const auto& name : config.modes) {
    // Refuse the mode now and not when its cells are read.
    const auto mode = find_sweep_mode(config, reader, name);
    page::count_nominal_tokens(mode, reader.pixels_per_token());
  }
  auto token_conditions = config.conditions.tokens;
  for (const auto& [name, part] : config.parts) {
    const auto own = part.tokens.value_or(std::vector<std::string>());
    token_conditions.insert(token_conditions.end(), own.begin(), own.end());
  }
  for (const auto& condition : token_conditions) {
    reader.check_token_conditions(condition);
  }
  std::vector<SweepStyle> styles;
  for (const auto& style : config.styles) {
    const auto expanded = expand(style, "styles");
    styles.insert(styles.end(), expanded.begin(), expanded.end());
  }
  config.styles = std::move(styles);
  return config;
}

void run_sweep(
    const SweepConfig& config,
    const FindReader& find_reader,
    const std::function<int64_t(std::string_view)>& counter,
    const Json& environment,
    const fs::path& folder,
    const Worker& worker,
    const std::function<void()>& report) {
  const bool alone = worker.count == 1;
  FolderLock lock(
      folder, alone ? FolderLock::Mode::kExclusive : FolderLock::Mode::kShared);
  const CellReader reader(config, find_reader, counter);
  lock.run_exclusively([&] {
    begin_run(folder, config, environment);
    if (alone && has_worker_rows(folder)) {
      merge_rows(folder, reader.cells());
      remove_worker_rows(folder);
    }
  });
  SweepWorker sweep(config, reader, lock, folder, worker);
  const bool was_finished = sweep.is_finished();
  sweep.run();
  // The rows of the workers stay until the report is written. Without them, a
  // worker that ends later knows that the report exists.
  lock.run_exclusively([&] {
    if (alone || has_worker_rows(folder) ||
        (was_finished && worker.rank == 0)) {
      merge_rows(folder, reader.cells());
      report();
      remove_worker_rows(folder);
    }
  });
}

void run_sweep(
    const SweepConfig& config,
    BatchReader& reader,
    const std::function<int64_t(std::string_view)>& counter,
    const Json& environment,
    const fs::path& folder) {
  const FindReader find_reader = [&reader](const Cell&) -> BatchReader& {
    return reader;
  };
  run_sweep(config, find_reader, counter, environment, folder);
}

} // namespace microfiche::sweep
