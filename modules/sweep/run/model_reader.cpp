#include "sweep/run/model_reader.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>

#include "core/config.h"
#include "core/crypto.h"
#include "core/error.h"
#include "generation/decode_step.h"
#include "generation/diagnostics.h"
#include "generation/read.h"
#include "model/model_config_validation.h"
#include "model/peak_memory.h"
#include "page/page_views.h"
#include "sweep/run/content_cache.h"
#include "sweep/run/page_questions.h"
#include "sweep/run/token_conditions.h"
#include "text_compression/text_sequences.h"

namespace microfiche::sweep {
namespace {

/// The vision tokens of a batch, and the cost of encoding them.
struct EncodedBatch {
  std::vector<model::VisionTokens> pages;
  double seconds = 0;
  int64_t peak_memory_bytes = 0;
};

using EncodedBatches = ContentCache<EncodedBatch>;

/// Several batches of 50 pages in mode base in float32, of 70 MB each.
constexpr size_t kMostEncodedBytes = size_t{256} << 20;

size_t bytes_of_batch(const EncodedBatch& batch) {
  size_t bytes = 0;
  for (const auto& page : batch.pages) {
    bytes += page.sequence.nbytes();
  }
  return bytes;
}

/// The hash of everything that the tokens of a batch depend on. The other pages
/// of the batch are part of it: matrix products of another size differ in their
/// last bits.
std::string key_of(
    std::span<const page::PageImage> images,
    const page::ResolutionMode& mode,
    std::optional<conditions::Tower> zeroed) {
  Sha256Stream hash;
  const auto add = [&](const std::string& text) {
    hash.add(std::as_bytes(std::span(text.data(), text.size())));
  };
  add(write_config(mode).dump());
  add(zeroed ? std::to_string(static_cast<int>(*zeroed)) : "");
  for (const auto& image : images) {
    add(concat(" ", image.width, "x", image.height, " "));
    hash.add(std::as_bytes(std::span(image.rgb)));
  }
  return hash.finish();
}

EncodedBatch encode(
    model::LoadedModel& loaded,
    EncodedBatches& encoded,
    std::span<const page::PageImage> images,
    const page::ResolutionMode& mode,
    const TokenConditions& conditions) {
  std::optional<conditions::Tower> zeroed;
  for (const auto& condition : conditions) {
    zeroed = condition.entry->zeroed ? condition.entry->zeroed : zeroed;
  }
  const auto make = [&] {
    const auto start = std::chrono::steady_clock::now();
    model::reset_peak_memory(loaded.placement.device);
    std::vector<page::PageViews> views;
    for (const auto& image : images) {
      views.push_back(page::make_views(image, mode));
    }
    EncodedBatch batch;
    batch.pages = loaded.model->encode(
        views,
        mode,
        zeroed ? encoder_without(loaded, *zeroed) : model::ViewEncoder());
    const std::chrono::duration<double> time =
        std::chrono::steady_clock::now() - start;
    batch.seconds = time.count();
    batch.peak_memory_bytes = model::peak_memory_bytes(loaded.placement.device);
    return batch;
  };
  return encoded.get(key_of(images, mode, zeroed), make, bytes_of_batch);
}

/// Adds the log-likelihoods and the confidence of each reference.
void predict_references(
    model::LoadedModel& loaded,
    const std::vector<model::VisionTokens>& tokens,
    const BatchRequest& request,
    BatchReading& batch) {
  std::vector<std::vector<int64_t>> targets;
  for (const auto& reference : request.references) {
    targets.push_back(loaded.tokenizer().encode(reference));
  }
  auto nothing = tokens;
  for (auto& page : nothing) {
    page.sequence = page.sequence.narrow(0, 0, 0);
  }
  const auto predict = [&](const std::vector<model::VisionTokens>& pages) {
    return generation::predict_targets(
        loaded.model->decoder,
        generation::make_generation_requests(loaded, pages, request.prompt),
        targets);
  };
  const auto with = predict(tokens);
  const auto without = predict(nothing);
  for (size_t i = 0; i < with.size(); ++i) {
    auto& page = batch.pages[i];
    page.log_likelihood = 0;
    page.log_likelihood_without_page = 0;
    page.confidence.emplace();
    for (size_t j = 0; j < with[i].size(); ++j) {
      *page.log_likelihood += with[i][j].log_probability;
      *page.log_likelihood_without_page += without[i][j].log_probability;
      // Four digits are enough for any bin.
      page.confidence->probability.push_back(
          std::round(with[i][j].confidence * 1e4) / 1e4);
      page.confidence->correct.push_back(with[i][j].correct);
    }
  }
}

BatchReading read_tokens(
    model::LoadedModel& loaded,
    const std::vector<model::VisionTokens>& tokens,
    double encode_seconds,
    const BatchRequest& request,
    std::vector<std::string> prompts = {}) {
  if (prompts.empty()) {
    for (const auto& question : request.questions) {
      prompts.push_back(prompt_of(question));
    }
  }
  // An empty page has no reference.
  const bool is_drafted =
      request.draft_references && request.references.size() == tokens.size();
  std::vector<std::shared_ptr<const generation::Draft>> drafts;
  for (size_t i = 0; is_drafted && i < tokens.size(); ++i) {
    drafts.push_back(generation::make_draft(
        loaded.tokenizer(), {&request.references[i], 1}));
  }
  BatchReading batch;
  batch.encode_seconds = encode_seconds;
  auto readings = generation::read_vision_tokens(
      loaded,
      tokens,
      {request.prompt, request.generation},
      static_cast<int64_t>(request.first_page),
      prompts,
      drafts);
  for (size_t i = 0; i < readings.size(); ++i) {
    auto& reading = readings[i];
    batch.prefill_seconds += reading.prefill_seconds;
    batch.decode_seconds += reading.decode_seconds;
    PageReading page;
    page.text = std::move(reading.text);
    page.stop = Json(reading.stop).get<std::string>();
    page.new_tokens = static_cast<int64_t>(reading.ids.size());
    page.vision_tokens = tokens[i].counts;
    if (is_drafted) {
      page.draft = {reading.steps, reading.drafted, reading.accepted};
    }
    batch.pages.push_back(std::move(page));
  }
  batch.peak_memory_bytes = model::peak_memory_bytes(loaded.placement.device);
  if (request.log_likelihood) {
    predict_references(loaded, tokens, request, batch);
  }
  return batch;
}

/// The common part of the readers of images and of texts.
class ModelReader : public BatchReader {
 public:
  explicit ModelReader(model::LoadedModel& loaded) : loaded_(loaded) {}

  page::ResolutionMode find_mode(const std::string& name) const override {
    return loaded_.find_mode(name);
  }

  page::ResolutionMode adapt_mode(page::ResolutionMode mode) const override {
    mode.layout = model::token_layout(loaded_.config);
    model::validate_mode(loaded_.config, mode, "own_modes");
    return mode;
  }

  void check_token_conditions(const std::string& text) const override {
    find_token_conditions(loaded_, text);
  }

  int64_t count_text_tokens(std::string_view text) const override {
    return static_cast<int64_t>(loaded_.tokenizer().encode(text).size());
  }

  int64_t pixels_per_token() const override {
    return loaded_.config.pixels_per_token();
  }

  /// Keys and values of all layers.
  int64_t kv_cache_bytes_per_position() const override {
    const auto& options = loaded_.model->decoder->options;
    const auto number_bytes = static_cast<int64_t>(
        loaded_.model->tensor_options().dtype().itemsize());
    return 2 * options.layers() * options.kv_heads() * options.head_dim() *
        number_bytes;
  }

  Json provenance() const override {
    return loaded_.provenance();
  }

 protected:
  model::LoadedModel& loaded_;
};

class PictureReader : public ModelReader {
 public:
  using ModelReader::ModelReader;

  BatchReading read(const BatchRequest& request) override {
    const torch::InferenceMode inference;
    const auto conditions =
        find_token_conditions(loaded_, request.token_conditions);
    const auto encoded =
        encode(loaded_, encoded_, request.pages, request.mode, conditions);
    auto tokens = encoded.pages;
    if (!conditions.empty()) {
      const auto others = request.other_pages.empty()
          ? EncodedBatch()
          : encode(loaded_, encoded_, request.other_pages, request.mode, {});
      apply_conditions(
          tokens, others.pages, request, conditions, pixels_per_token());
    }

    model::reset_peak_memory(loaded_.placement.device);
    auto batch = read_tokens(loaded_, tokens, encoded.seconds, request);
    batch.peak_memory_bytes =
        std::max(encoded.peak_memory_bytes, batch.peak_memory_bytes);
    return batch;
  }

 private:
  EncodedBatches encoded_{kMostEncodedBytes};
};

class TextReader : public ModelReader {
 public:
  TextReader(
      model::LoadedModel& loaded,
      text_compression::LoadedTextCompressor compressor)
      : ModelReader(loaded), compressor_(std::move(compressor)) {}

  BatchReading read(const BatchRequest& request) override {
    const torch::InferenceMode inference;
    model::reset_peak_memory(loaded_.placement.device);
    const auto start = std::chrono::steady_clock::now();
    const auto tokens = text_compression::encode_texts(
        loaded_, compressor_.compressor, request.references, request.mode);
    const std::chrono::duration<double> time =
        std::chrono::steady_clock::now() - start;
    return read_tokens(loaded_, tokens, time.count(), request);
  }

  bool reads_texts() const override {
    return true;
  }

  Json provenance() const override {
    auto json = loaded_.provenance();
    json["text_compressor"] =
        write_config(compressor_.compressor->options.config());
    json["text_compressor_sha256"] = compressor_.sha256;
    return json;
  }

 private:
  text_compression::LoadedTextCompressor compressor_;
};

/// The counts are those of the page that the text replaces.
class TextQuestionReader : public ModelReader {
 public:
  using ModelReader::ModelReader;

  BatchReading read(const BatchRequest& request) override {
    const torch::InferenceMode inference;
    check(
        request.questions.size() == request.pages.size(),
        "reader \"text\": reads only pages with questions, so conditions.text "
        "must have pairs or lines");
    std::vector<std::string> prompts;
    std::vector<model::VisionTokens> nothing(request.pages.size());
    for (size_t i = 0; i < nothing.size(); ++i) {
      prompts.push_back(text_prompt_of(request.questions[i]));
      nothing[i].sequence = torch::zeros(
          {0, loaded_.config.language.hidden_size},
          loaded_.model->tensor_options());
      nothing[i].counts = page::count_vision_tokens(
          request.mode,
          request.pages[i].width,
          request.pages[i].height,
          pixels_per_token());
    }
    return read_tokens(
        loaded_, nothing, /*encode_seconds=*/0, request, std::move(prompts));
  }

  Json provenance() const override {
    auto json = loaded_.provenance();
    json["reader"] = "text";
    return json;
  }
};

} // namespace

std::unique_ptr<BatchReader> make_text_question_reader(
    model::LoadedModel& loaded) {
  return std::make_unique<TextQuestionReader>(loaded);
}

std::unique_ptr<BatchReader> make_model_reader(
    model::LoadedModel& loaded,
    std::optional<text_compression::LoadedTextCompressor> text_compressor) {
  if (text_compressor) {
    return std::make_unique<TextReader>(loaded, std::move(*text_compressor));
  }
  return std::make_unique<PictureReader>(loaded);
}

std::optional<std::string> unused_draft_warning(
    const SweepConfig& config,
    const model::LoadedModel& loaded) {
  if (config.draft.empty()) {
    return std::nullopt;
  }
  const auto reason =
      generation::DecodeStep(loaded.model->decoder).unsupported_draft_reason();
  return reason ? std::optional(concat("draft has no effect: ", *reason))
                : std::nullopt;
}

} // namespace microfiche::sweep
