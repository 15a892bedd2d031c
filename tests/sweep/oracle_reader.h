#pragma once

#include <map>
#include <string>

#include "core/files.h"
#include "core/random.h"
#include "sweep/page_reader.h"
#include "sweep/page_source.h"
#include "sweep/sweep_config.h"
#include "page/vision_token_order.h"

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
/// garbles more characters the denser the page, and says "the" before an empty
/// page.
class OracleReader {
 public:
  explicit OracleReader(const SweepConfig& sweep) {
    const PageSource source(sweep, count_words);
    for (const auto& cell : cells_of(sweep)) {
      for (int64_t i = 0; i < sweep.pages_per_cell; ++i) {
        const auto mode = find(cell.mode);
        const auto tokens = page::count_vision_tokens(
                                mode, mode.base_size_px, mode.base_size_px)
                                .nominal;
        const auto page = source.make(cell, i, mode, tokens);
        const double density =
            static_cast<double>(page.characters) / static_cast<double>(tokens);
        readings_[key(page.image)] = garble(page.reference, density / 150);
      }
    }
  }

  PageReader reader() {
    PageReader reader;
    reader.find_mode = find;
    reader.count_text_tokens = [](std::string_view text) {
      return static_cast<int64_t>(text.size());
    };
    reader.provenance = {
        {"folder", "an oracle"}, {"sha256", "0123"}, {"device", "cpu"}};
    reader.read = [this](const BatchRequest& request) {
      ++num_batches;
      BatchReading batch;
      for (const auto& image : request.pages) {
        const auto found = readings_.find(key(image));
        batch.pages.push_back(
            {found == readings_.end() ? "the" : found->second,
             "eos",
             std::nullopt});
      }
      return batch;
    };
    return reader;
  }

  int64_t num_batches = 0;

 private:
  static page::ResolutionMode find(const std::string& name) {
    return name == "four" ? test_mode("four", 2) : test_mode("nine", 3);
  }

  static std::string key(const page::PageImage& image) {
    return sha256(std::string_view(
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
