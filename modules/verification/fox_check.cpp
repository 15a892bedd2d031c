#include "verification/fox_check.h"

#include "analysis/paper_points.h"
#include "core/error.h"
#include "core/files.h"
#include "core/table.h"
#include "core/terminal.h"
#include "metrics/score.h"
#include "page/image_file.h"
#include "verification/kept_readings.h"
#include "verification/read_images.h"
#include "verification/reading_check.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace microfiche::verification {
namespace {

constexpr double kTinyPrecision = 0.80;
constexpr double kSmallPrecision = 0.90;
constexpr double kLuck = 0.05;

/// A metric of one page with the normalisation of a profile.
double score(
    const char* metric,
    const char* profile,
    const std::string& reference,
    const std::string& prediction) {
  return metrics::find_metric(metric).score(metrics::prepare_texts(
      reference, prediction, metrics::find_profile(profile).normalization));
}

double similarity(const std::string& reference, const std::string& prediction) {
  return score("edit_similarity", "nfkc-ws", reference, prediction);
}

double precision(const std::string& reference, const std::string& prediction) {
  return score("set_precision", "paper", reference, prediction);
}

/// What a reading depends on besides page and mode.
Json reading_settings(
    const model::LoadedModel& loaded,
    const FoxCheckConfig& config) {
  return {
      {"model", loaded.provenance()},
      {"prompt", config.prompt},
      {"max_new_tokens", config.max_new_tokens}};
}

FoxMode read_fox_mode(
    model::LoadedModel& loaded,
    const FoxFolders& folders,
    const PublishedReadings& published,
    const FoxCheckConfig& config,
    KeptReadings& kept) {
  std::vector<FoxPage> pages(published.pages.size());
  std::vector<size_t> open;
  for (size_t i = 0; i < pages.size(); ++i) {
    const auto& page = published.pages[i];
    const auto* reading =
        kept.find(published.mode, sha256_of_file(folders.images / page.image));
    if (reading == nullptr) {
      open.push_back(i);
    } else {
      pages[i] = score_fox_page(page, reading->text, reading->stop);
    }
  }

  Progress progress(
      concat("reading Fox, mode ", published.mode), std::ssize(pages));
  int64_t done = std::ssize(pages) - std::ssize(open);
  progress.update(done);
  ImageReading reading;
  reading.mode = loaded.find_mode(published.mode);
  reading.num_pages = std::ssize(open);
  reading.batch = config.batch;
  reading.config.prompt = config.prompt;
  reading.config.generation.max_new_tokens = config.max_new_tokens;
  reading.load = [&](int64_t i) {
    return page::read_image(folders.images / published.pages[open[i]].image);
  };
  reading.on_reading = [&](int64_t i, const generation::Reading& read) {
    const auto& page = published.pages[open[i]];
    const auto stop = Json(read.stop).get<std::string>();
    kept.add(
        published.mode,
        sha256_of_file(folders.images / page.image),
        {read.text, stop});
    auto& scored = pages[open[i]];
    scored = score_fox_page(page, read.text, stop);
    progress.update(++done, "precision " + fixed(scored.set_precision, 3));
  };
  reading.on_text = [&](int64_t pieces) {
    progress.update(done, concat(pieces, " ids"));
  };
  read_images(loaded, reading);
  progress.finish();
  return summarize_fox(published.mode, std::move(pages));
}

/// The bin of the paper's table that has the page; null for a shorter or longer
/// one.
FoxBin* find_bin(std::vector<FoxBin>& bins, int64_t text_tokens) {
  const auto found = std::find_if(bins.begin(), bins.end(), [&](const auto& b) {
    return text_tokens >= b.lower && text_tokens < b.upper;
  });
  return found == bins.end() ? nullptr : &*found;
}

} // namespace

FoxPage score_fox_page(
    const PublishedPage& page,
    const std::string& prediction,
    const std::string& stop) {
  return {
      page.image,
      page.text_tokens,
      prediction,
      stop,
      precision(page.reference, prediction),
      precision(page.reference, page.prediction),
      similarity(page.reference, prediction),
      similarity(page.reference, page.prediction),
      similarity(page.prediction, prediction)};
}

FoxMode summarize_fox(const std::string& mode, std::vector<FoxPage> pages) {
  FoxMode result{mode, std::move(pages), {}, {}};
  for (const auto& point : analysis::paper_points()) {
    if (point.mode == mode) {
      result.bins.push_back(
          {point.text_tokens_lower,
           point.text_tokens_upper,
           point.pages,
           0,
           point.precision,
           0,
           0});
    }
  }

  double sum = 0;
  int64_t count = 0;
  std::vector<double> agreements;
  std::vector<double> distances;
  for (const auto& page : result.pages) {
    agreements.push_back(page.agreement);
    distances.push_back(1 - page.published_edit_similarity);
    if (auto* bin = find_bin(result.bins, page.text_tokens)) {
      ++bin->pages;
      bin->published += page.published_set_precision;
      bin->ours += page.set_precision;
      sum += page.set_precision;
      ++count;
    }
  }
  for (auto& bin : result.bins) {
    const auto pages_of_bin =
        static_cast<double>(std::max<int64_t>(bin.pages, 1));
    bin.published /= pages_of_bin;
    bin.ours /= pages_of_bin;
  }
  result.bounds = {
      {concat(
           "Fox, mode ",
           mode,
           ", ",
           count,
           " pages with 600-1299 text tokens: mean set precision"),
       mode == "tiny" ? kTinyPrecision : kSmallPrecision,
       sum / static_cast<double>(std::max<int64_t>(count, 1)),
       mode == "tiny" ? "the paper's Table 2: .857 over its pages"
                      : "the paper's Table 2: .955 over its pages"},
      {concat(
           "Fox, mode ",
           mode,
           ", ",
           result.pages.size(),
           " pages: median of 1 - normalised edit distance to the published "
           "readings"),
       1 - 2 * median(distances) - kLuck,
       median(agreements),
       concat(
           "the published readings' own median distance to the pages is ",
           fixed(median(distances), 3))}};
  return result;
}

std::vector<FoxMode> check_fox(
    model::LoadedModel& loaded,
    const FoxFolders& folders,
    const FoxCheckConfig& config) {
  KeptReadings kept(config.output, reading_settings(loaded, config));
  std::vector<FoxMode> modes;
  for (const auto& published : folders.readings) {
    modes.push_back(read_fox_mode(loaded, folders, published, config, kept));
  }
  return modes;
}

} // namespace microfiche::verification
