#pragma once

#include <functional>
#include <map>
#include <string>

#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "core/random.h"
#include "page/vision_token_order.h"
#include "sweep/run/batch_reader.h"
#include "sweep/run/page_source.h"
#include "sweep/sweep_cells.h"
#include "sweep/sweep_config.h"

namespace microfiche::sweep {

/// Counts words: a text token counter that needs no tokenizer.
inline int64_t count_words(std::string_view text) {
  int64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n';
    words += !space && !inside;
    inside = !space;
  }
  return words;
}

/// A mode of 64 px tokens, `side` of them along a side.
inline page::ResolutionMode test_mode(const std::string& name, int64_t side) {
  page::ResolutionMode mode;
  mode.name = name;
  mode.base_size_px = 64 * side;
  mode.fit = page::Fit::kStretch;
  return mode;
}

/// A reader without weights that knows each page of one sweep by its pixels. It
/// garbles more characters on denser pages.
class OracleReader : public BatchReader {
 public:
  explicit OracleReader(const SweepConfig& sweep) {
    const PageSource source(sweep, count_words);
    for (const auto& cell : cells_of(sweep)) {
      for (int64_t i = 0; i < sweep.pages_per_cell; ++i) {
        const auto mode = find_mode(cell.mode);
        const auto page = source.make(cell, i, mode, page::kPixelsPerToken);
        const double density = static_cast<double>(page.characters) /
            static_cast<double>(page::count_nominal_tokens(mode));
        readings_[key(page.image)] = garble(page.reference, density / 150);
      }
    }
  }

  BatchReading read(const BatchRequest& request) override {
    if (before_read) {
      before_read(request);
    }
    ++num_batches;
    BatchReading batch;
    for (const auto& image : request.pages) {
      const auto found = readings_.find(key(image));
      PageReading reading;
      reading.text = found == readings_.end() ? unknown_page : found->second;
      reading.stop = "eos";
      reading.vision_tokens =
          page::count_vision_tokens(request.mode, image.width, image.height);
      batch.pages.push_back(std::move(reading));
    }
    return batch;
  }

  page::ResolutionMode find_mode(const std::string& name) const override {
    check<UsageError>(
        name.empty() || name == "four" || name == "nine",
        "no mode named ",
        name);
    return name == "four" ? test_mode("four", 2) : test_mode("nine", 3);
  }

  int64_t count_text_tokens(std::string_view text) const override {
    return static_cast<int64_t>(text.size());
  }

  Json provenance() const override {
    return {{"folder", "an oracle"}, {"sha256", sha256}, {"device", "cpu"}};
  }

  /// Called with each request first.
  std::function<void(const BatchRequest& request)> before_read;
  int64_t num_batches = 0;
  std::string sha256 = "0123";

  /// What it reads from a page that it does not know.
  std::string unknown_page = "the";

  void forget_pages() {
    readings_.clear();
  }

 private:
  static std::string key(const page::PageImage& image) {
    return microfiche::sha256(std::string_view(
        reinterpret_cast<const char*>(image.rgb.data()), image.rgb.size()));
  }

  static std::string garble(std::string text, double rate) {
    RandomStream random(0, text);
    for (auto& c : text) {
      if (c != '\n' && random.uniform() < rate) {
        c = static_cast<char>('a' + random.below(26));
      }
    }
    return text;
  }

  std::map<std::string, std::string> readings_;
};

} // namespace microfiche::sweep
