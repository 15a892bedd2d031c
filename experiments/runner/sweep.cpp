#include "experiments/runner/sweep.h"

#include <algorithm>
#include <set>

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "core/table.h"
#include "core/terminal.h"
#include "document/grounding.h"
#include "experiments/conditions/tokens/token_condition.h"
#include "experiments/runner/page_source.h"
#include "experiments/runner/run_folder.h"
#include "experiments/runner/sample.h"
#include "metrics/code_points.h"
#include "metrics/score.h"
#include "page/image_file.h"
#include "page/vision_token_order.h"

namespace microfiche::experiments {
namespace {

/// The mode of that name among the sweep's own, then among the model's.
page::ResolutionMode find_sweep_mode(
    const SweepConfig& config,
    const PageReader& reader,
    const std::string& name) {
  const auto own = std::find_if(
      config.own_modes.begin(), config.own_modes.end(), [&](const auto& mode) {
        return mode.name == name;
      });
  return own == config.own_modes.end() ? reader.find_mode(name) : *own;
}

/// A reading as the Markdown that benchmarks score, where the model wrote boxes
/// (see Note [Grounded text]); any other as it is.
std::string without_markup(
    const std::string& text,
    const page::PageImage& image) {
  if (text.find("<|ref|>") == std::string::npos) {
    return text;
  }
  return document::to_markdown(
      document::parse_grounding(text, image.width, image.height),
      [](int64_t number) { return concat("images/", number, ".jpg"); });
}

/// One sweep at work: what is done, and how to do the rest.
class SweepRun {
 public:
  SweepRun(
      const SweepConfig& config,
      const FindReader& find_reader,
      const std::function<int64_t(std::string_view)>& counter,
      const std::filesystem::path& folder)
      : config_(config),
        find_reader_(find_reader),
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
      blanks_ = run.blanks;
    }
  }

  void run() {
    show_progress("");
    for (size_t i = 0; i < cells_.size(); ++i) {
      const int64_t pages = source_.num_pages(cells_[i]);
      for (int64_t first = 0; first < pages; first += config_.batch_pages) {
        throw_if_stop_requested();
        run_batch(i, first);
      }
      if (config_.controls.blank_page) {
        throw_if_stop_requested();
        run_blank(cells_[i]);
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
    int64_t pages = 0;
    for (const auto& cell : cells_) {
      pages += source_.num_pages(cell);
    }
    return pages;
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
        std::min(first + config_.batch_pages, source_.num_pages(cell));
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
    const auto& reader = find_reader_(cell);
    const auto mode = find_sweep_mode(config_, reader, cell.mode);
    const auto counts = page::count_vision_tokens(
        mode, mode.base_size_px, mode.base_size_px, reader.token_side_px);
    std::vector<SweepPage> pages;
    for (int64_t page = first; page < end; ++page) {
      pages.push_back(source_.make(cell, page, mode, counts.nominal));
    }
    auto request = request_for(cell, mode);
    request.first_page = cell_index * config_.pages_per_cell + first;
    request.first_page_of_cell = first;
    if (config_.log_likelihood) {
      for (const auto& page : pages) {
        request.references.push_back(page.reference);
      }
    }
    std::vector<page::PageImage> images;
    for (const auto& page : pages) {
      images.push_back(page.image);
    }
    request.pages = images;
    const auto others = other_pages(cell, mode, first, end, counts.nominal);
    request.other_pages = others;
    const auto batch = reader.read(request);

    for (int64_t page = first; page < end; ++page) {
      if (!done_.contains(id_of(page))) {
        auto sample =
            score(reader, cell, mode, pages[page - first], batch, page - first);
        sample.id = id_of(page);
        sample.page = page;
        record(sample, pages[page - first]);
      }
    }
    show_progress(name_of(cell));
  }

  /// How pages of a cell are read, without the pages.
  BatchRequest request_for(const Cell& cell, const page::ResolutionMode& mode)
      const {
    BatchRequest request{{}, mode};
    request.prompt =
        cell.prompt ? config_.prompts.at(*cell.prompt) : config_.prompt;
    request.generation = cell.decoding ? config_.decodings.at(*cell.decoding)
                                       : config_.generation;
    request.token_conditions = cell.tokens.value_or(kNoCondition);
    request.seed = cell.seed.value_or(config_.seed);
    return request;
  }

  /// The page after each of [first, end), where a token condition takes one.
  std::vector<page::PageImage> other_pages(
      const Cell& cell,
      const page::ResolutionMode& mode,
      int64_t first,
      int64_t end,
      int64_t vision_tokens) const {
    const auto conditions = find_conditions(
        token_conditions(), cell.tokens.value_or(kNoCondition), name_of(cell));
    std::vector<page::PageImage> others;
    if (std::any_of(conditions.begin(), conditions.end(), [](auto& condition) {
          return condition.entry->needs_other_page;
        })) {
      for (int64_t page = first; page < end; ++page) {
        const auto next = (page + 1) % source_.num_pages(cell);
        others.push_back(source_.make(cell, next, mode, vision_tokens).image);
      }
    }
    return others;
  }

  Sample score(
      const PageReader& reader,
      const Cell& cell,
      const page::ResolutionMode& mode,
      const SweepPage& page,
      const BatchReading& batch,
      size_t index) const {
    const auto& reading = batch.pages[index];
    const auto share = 1.0 / static_cast<double>(batch.pages.size());
    Sample sample;
    sample.cell = cell;
    sample.mode = cell.mode;
    sample.text_tokens = page.text_tokens;
    sample.model_text_tokens = reader.count_text_tokens(page.reference);
    sample.characters = page.characters;
    sample.font = page.font;
    sample.font_size_px = page.font_size_px;
    sample.reference = page.reference;
    const auto text = without_markup(reading.text, page.image);
    // What is written must be UTF-8, whatever bytes a model emits.
    sample.prediction = metrics::encode_utf8(metrics::decode_utf8(text).text);
    sample.metrics = metrics::score_page(page.reference, text, profile_);
    sample.stop = reading.stop;
    sample.seconds = {
        page.render_seconds,
        batch.encode_seconds * share,
        batch.prefill_seconds * share,
        batch.decode_seconds * share};
    sample.vision_tokens =
        reading.vision_tokens.value_or(page::count_vision_tokens(
            mode, page.image.width, page.image.height, reader.token_side_px));
    sample.new_tokens = reading.new_tokens;
    sample.kv_cache_bytes = {
        sample.vision_tokens.positions * reader.kv_cache_bytes_per_position,
        sample.model_text_tokens * reader.kv_cache_bytes_per_position};
    sample.peak_memory_bytes = batch.peak_memory_bytes;
    sample.collected = page.collected;
    if (!page.altered_words.empty()) {
      sample.altered_words = page.altered_words;
    }
    sample.log_likelihood = reading.log_likelihood;
    sample.log_likelihood_without_page = reading.log_likelihood_without_page;
    sample.confidence = reading.confidence;
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

  /// Reads an empty page as the cell's pages are read, once for all such cells.
  void run_blank(const Cell& cell) {
    if (std::any_of(blanks_.begin(), blanks_.end(), [&](const auto& blank) {
          return belongs_to(blank, cell);
        })) {
      return;
    }
    const auto& reader = find_reader_(cell);
    const auto mode = find_sweep_mode(config_, reader, cell.mode);
    const std::vector<page::PageImage> images = {
        source_.blank(cell.style, mode)};
    auto request = request_for(untouched(cell), mode);
    request.first_page = num_pages();
    request.pages = images;
    const auto batch = reader.read(request);
    const auto& reading = batch.pages.front();
    blanks_.push_back(
        {cell.mode,
         cell.style,
         metrics::encode_utf8(metrics::decode_utf8(reading.text).text),
         reading.stop,
         cell.model,
         cell.dtype,
         cell.prompt,
         cell.decoding});
    auto line = write_config(blanks_.back());
    erase_nulls(line);
    append_line(folder_ / "controls.jsonl", line.dump());
  }

  const SweepConfig config_;
  const FindReader& find_reader_;
  const std::filesystem::path folder_;
  const metrics::Profile profile_;
  const PageSource source_;
  const std::vector<Cell> cells_;
  Progress progress_;
  std::set<std::string> done_;
  std::vector<BlankReading> blanks_;
  double headline_sum_ = 0;
  int64_t num_cut_ = 0;
};

} // namespace

SweepConfig complete_config(SweepConfig config, const PageReader& reader) {
  if (config.modes.empty()) {
    config.modes.push_back(reader.find_mode("").name);
  }
  for (const auto& mode : config.modes) {
    find_sweep_mode(config, reader, mode);
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
    const std::filesystem::path& folder) {
  const FolderLock lock(folder);
  begin_run(folder, config, environment);
  SweepRun(config, find_reader, counter, folder).run();
}

void run_sweep(
    const SweepConfig& config,
    const PageReader& reader,
    const std::function<int64_t(std::string_view)>& counter,
    const Json& environment,
    const std::filesystem::path& folder) {
  const FindReader find_reader = [&reader](const Cell&) -> const PageReader& {
    return reader;
  };
  run_sweep(config, find_reader, counter, environment, folder);
}

} // namespace microfiche::experiments
