#include "sweep/run/tesseract_reader.h"

#include "core/error.h"

#ifdef MICROFICHE_WITH_TESSERACT
#include <tesseract/baseapi.h>

#include <chrono>
#include <opencv2/imgproc.hpp>
#endif

namespace microfiche::sweep {

#ifdef MICROFICHE_WITH_TESSERACT
namespace {

/// The page enlarged, three bytes per pixel.
cv::Mat enlarge(const page::PageImage& page) {
  const cv::Mat small(
      static_cast<int>(page.height),
      static_cast<int>(page.width),
      CV_8UC3,
      const_cast<uint8_t*>(page.rgb.data()));
  cv::Mat large;
  cv::resize(
      small,
      large,
      cv::Size(),
      kTesseractEnlargement,
      kTesseractEnlargement,
      cv::INTER_CUBIC);
  return large;
}

class TesseractReader : public BatchReader {
 public:
  explicit TesseractReader(BatchReader& model) : model_(model) {
    if (engine_.Init(nullptr, "eng") != 0) {
      throw Error(
          ExitCode::kFailure,
          "reader \"tesseract\": its English data is missing; run: sudo "
          "apt-get install tesseract-ocr-eng");
    }
    engine_.SetPageSegMode(tesseract::PSM_SINGLE_BLOCK);
  }

  BatchReading read(const BatchRequest& request) override {
    BatchReading batch;
    const auto start = std::chrono::steady_clock::now();
    for (const auto& page : request.pages) {
      PageReading reading;
      reading.text = text_of(page);
      reading.stop = "eos";
      reading.vision_tokens = page::count_vision_tokens(
          request.mode, page.width, page.height, pixels_per_token());
      batch.pages.push_back(std::move(reading));
    }
    const std::chrono::duration<double> time =
        std::chrono::steady_clock::now() - start;
    batch.decode_seconds = time.count();
    return batch;
  }

  page::ResolutionMode find_mode(const std::string& name) const override {
    return model_.find_mode(name);
  }

  page::ResolutionMode adapt_mode(page::ResolutionMode mode) const override {
    return model_.adapt_mode(std::move(mode));
  }

  int64_t count_text_tokens(std::string_view text) const override {
    return model_.count_text_tokens(text);
  }

  int64_t pixels_per_token() const override {
    return model_.pixels_per_token();
  }

  int64_t kv_cache_bytes_per_position() const override {
    return model_.kv_cache_bytes_per_position();
  }

  Json provenance() const override {
    return {
        {"reader", "tesseract"},
        {"version", tesseract::TessBaseAPI::Version()},
        {"language", "eng"},
        {"enlargement", kTesseractEnlargement}};
  }

 private:
  std::string text_of(const page::PageImage& page) {
    const auto pixels = enlarge(page);
    engine_.SetImage(
        pixels.data,
        pixels.cols,
        pixels.rows,
        /*bytes_per_pixel=*/3,
        static_cast<int>(pixels.step));
    // What Tesseract assumes of an image without a resolution. It says so on
    // stderr otherwise.
    engine_.SetSourceResolution(70 * kTesseractEnlargement);
    const std::unique_ptr<char[]> text(engine_.GetUTF8Text());
    engine_.Clear();
    return text == nullptr ? "" : text.get();
  }

  BatchReader& model_;
  tesseract::TessBaseAPI engine_;
};

} // namespace

std::unique_ptr<BatchReader> make_tesseract_reader(BatchReader& model) {
  return std::make_unique<TesseractReader>(model);
}

#else

std::unique_ptr<BatchReader> make_tesseract_reader(BatchReader& /*model*/) {
  throw Error(
      ExitCode::kFailure,
      "reader \"tesseract\": this build has no Tesseract; run: sudo apt-get "
      "install libtesseract-dev tesseract-ocr-eng, then configure and build "
      "again: cmake --preset cpu && ninja -C build/cpu");
}

#endif

} // namespace microfiche::sweep
