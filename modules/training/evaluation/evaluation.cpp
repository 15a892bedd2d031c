#include "training/evaluation/evaluation.h"

#include "core/error.h"
#include "core/random.h"
#include "core/terminal.h"
#include "core/utf8.h"
#include "generation/read.h"
#include "metrics/bootstrap.h"
#include "metrics/edit_rates.h"
#include "metrics/text_normalization.h"
#include "page/page_views.h"
#include "page/vision_token_order.h"
#include "text_compression/text_sequences.h"
#include "tokenizer/text_token_counter.h"
#include "training/config_checks.h"

#include <algorithm>

namespace microfiche::training {
namespace {

/// Seed of the bootstrap intervals.
constexpr uint64_t kBootstrapSeed = 0;

/// The text of rows that read conversations.
constexpr const char* kConversations = "conversations";

double precision(std::string_view reference, std::string_view prediction) {
  const auto collapsed = [](std::string_view text) {
    return metrics::collapse_spaces(decode_utf8(text).text);
  };
  return 1 -
      metrics::normalized_edit_distance(
             {collapsed(reference), collapsed(prediction)});
}

page::PageImage as_image(const data::PageSample& sample) {
  page::PageImage image{sample.side_px, sample.side_px, {}};
  image.rgb.reserve(3 * sample.pixels.size());
  for (const uint8_t luminance : sample.pixels) {
    image.rgb.insert(image.rgb.end(), 3, luminance);
  }
  return image;
}

/// Text tokens of `text`, or nothing, with one warning, without a counter.
std::optional<int64_t> text_tokens(const std::string& text) {
  static const bool has_counter = [] {
    try {
      tokenizer::find_text_token_counter();
      return true;
    } catch (const InputError& error) {
      warn(concat("no compression ratios: ", error.what()));
      return false;
    }
  }();
  return has_counter ? std::optional(tokenizer::count_text_tokens(text))
                     : std::nullopt;
}

/// Sums the results of a row's pages.
class RowSum {
 public:
  /// `row` has the mode and the text; the first `shown` pages are kept.
  RowSum(EvaluationRow row, int64_t shown)
      : row_(std::move(row)), shown_(shown) {}

  void add(
      const page::PageImage& page,
      const std::string& text,
      double characters_per_token,
      int64_t vision_tokens,
      const generation::Reading& reading) {
    precisions_.push_back(precision(text, reading.text));
    row_.density += characters_per_token;
    if (const auto counted = text_tokens(text)) {
      row_.compression_ratio = row_.compression_ratio.value_or(0) +
          static_cast<double>(*counted) / static_cast<double>(vision_tokens);
    }
    row_.exact_pages += precisions_.back() == 1 ? 1 : 0;
    row_.unfinished += reading.stop == generation::StopReason::kEos ? 0 : 1;
    if (row_.pages < shown_) {
      pages_.push_back(
          {concat(row_name(row_), "/", row_.pages),
           page,
           text,
           reading.text,
           precisions_.back()});
    }
    ++row_.pages;
  }

  bool empty() const {
    return row_.pages == 0;
  }

  void finish(Evaluation& evaluation) {
    const auto pages = static_cast<double>(row_.pages);
    row_.density /= pages;
    if (row_.compression_ratio) {
      *row_.compression_ratio /= pages;
    }
    const auto interval = metrics::bootstrap_mean(precisions_, kBootstrapSeed);
    row_.precision = interval.mean;
    row_.low = interval.low;
    row_.high = interval.high;
    evaluation.rows.push_back(row_);
    evaluation.shown.insert(
        evaluation.shown.end(), pages_.begin(), pages_.end());
  }

 private:
  EvaluationRow row_;
  int64_t shown_;
  std::vector<double> precisions_;
  std::vector<EvaluatedPage> pages_;
};

int64_t nominal_tokens(
    const page::PageViews& views,
    const page::ResolutionMode& mode,
    const model::LoadedModel& loaded) {
  return page::count_vision_tokens(
             mode,
             views.page_width_px,
             views.page_height_px,
             loaded.config.pixels_per_token())
      .nominal;
}

/// A limit that leaves room for a slightly too long answer, and stops an
/// endless one.
int64_t max_new_tokens(size_t longest) {
  return static_cast<int64_t>(longest + longest / 4 + 16);
}

/// Reads pages, or their compressed texts unless the compressor is empty.
std::vector<generation::Reading> read_samples(
    model::LoadedModel& loaded,
    text_compression::TextCompressor& text_compressor,
    const std::vector<data::PageSample>& samples,
    const std::vector<page::PageViews>& views,
    const page::ResolutionMode& mode,
    const generation::ReadConfig& options) {
  if (text_compressor) {
    std::vector<std::string> texts;
    for (const auto& sample : samples) {
      texts.push_back(sample.text);
    }
    return generation::read_vision_tokens(
        loaded,
        text_compression::encode_texts(loaded, text_compressor, texts, mode),
        options);
  }
  return generation::read_pages(loaded, views, mode, options);
}

void evaluate_row(
    model::LoadedModel& loaded,
    text_compression::TextCompressor& text_compressor,
    const data::PageDataset& pages,
    const data::PageRequest& request,
    const EvaluationConfig& config,
    uint64_t seed,
    Evaluation& evaluation) {
  const auto mode = loaded.find_mode(request.mode);
  EvaluationRow row;
  row.mode = request.mode;
  row.text = Json(request.text).get<std::string>();
  row.asked_density = request.characters_per_token;
  RowSum sum(std::move(row), config.shown_pages);
  for (int64_t begin = 0; begin < config.pages; begin += config.batch_pages) {
    std::vector<data::PageSample> samples;
    std::vector<page::PageImage> images;
    std::vector<page::PageViews> views;
    size_t longest = 0;
    const int64_t end = std::min(begin + config.batch_pages, config.pages);
    for (int64_t i = begin; i < end; ++i) {
      RandomStream random(seed, "evaluation", i);
      samples.push_back(pages.page(request, random));
      images.push_back(as_image(samples.back()));
      views.push_back(page::make_views(images.back(), mode));
      longest = std::max(longest, samples.back().text.size());
    }
    generation::ReadConfig options;
    options.generation.max_new_tokens = max_new_tokens(longest);
    const auto readings =
        read_samples(loaded, text_compressor, samples, views, mode, options);
    for (size_t i = 0; i < samples.size(); ++i) {
      const auto& sample = samples[i];
      sum.add(
          images[i],
          sample.text,
          sample.characters_per_token,
          nominal_tokens(views[i], mode, loaded),
          readings[i]);
    }
  }
  sum.finish(evaluation);
}

void evaluate_mode(
    model::LoadedModel& loaded,
    const data::ConversationDataset& conversations,
    const page::ResolutionMode& mode,
    const EvaluationConfig& config,
    uint64_t seed,
    Evaluation& evaluation) {
  EvaluationRow row;
  row.mode = mode.name;
  row.text = kConversations;
  RowSum sum(std::move(row), config.shown_pages);
  for (int64_t i = 0; i < config.pages; ++i) {
    RandomStream random(seed, "evaluation", i);
    const auto& conversation = conversations.draw(random);
    if (conversation.image.empty()) {
      continue;
    }
    generation::ReadConfig options;
    options.prompt = conversation.prompt;
    options.generation.max_new_tokens =
        max_new_tokens(conversation.answer.size());
    const auto page = data::read_page(conversation);
    const std::vector views = {page::make_views(page, mode)};
    const auto reading =
        generation::read_pages(loaded, views, mode, options).front();
    const int64_t tokens = nominal_tokens(views[0], mode, loaded);
    sum.add(
        page,
        conversation.answer,
        static_cast<double>(conversation.answer.size()) /
            static_cast<double>(tokens),
        tokens,
        reading);
  }
  check(
      !sum.empty(),
      "evaluation.conversations: none of the ",
      config.pages,
      " conversations that were drawn has a page");
  sum.finish(evaluation);
}

} // namespace

void validate(const EvaluationConfig& config, const std::string& where) {
  check_at_least(config.every_steps, 0, "every_steps", where);
  check_at_least(config.pages, 1, "pages", where);
  check_at_least(config.batch_pages, 1, "batch_pages", where);
  check_at_least(config.shown_pages, 0, "shown_pages", where);
  for (const auto& text : config.texts) {
    data::text_kind(text, where + ".texts");
  }
  for (const double density : config.characters_per_token) {
    check(
        density > 0 && density <= 1000,
        where,
        ".characters_per_token: must be above 0 and at most 1000, got ",
        density);
  }
}

std::vector<std::string> evaluation_row_names(const EvaluationConfig& config) {
  std::vector<std::string> names;
  for (const auto& mode : config.modes) {
    for (const auto& text : config.texts) {
      for (const double density : config.characters_per_token) {
        names.push_back(evaluation_row_name(mode, text, density));
      }
    }
  }
  if (config.conversations) {
    for (const auto& [mode, weight] : config.conversations->modes) {
      names.push_back(evaluation_row_name(mode, kConversations, 0));
    }
  }
  return names;
}

void evaluate(
    model::LoadedModel& loaded,
    text_compression::TextCompressor text_compressor,
    const data::PageDataset& pages,
    const EvaluationConfig& config,
    uint64_t seed,
    Evaluation& evaluation) {
  const bool was_training = loaded.model->is_training();
  loaded.model->eval();
  for (const auto& mode : config.modes) {
    for (const auto& text : config.texts) {
      for (const double density : config.characters_per_token) {
        const data::PageRequest request{
            mode, Json(text).get<data::TextKind>(), density};
        evaluate_row(
            loaded, text_compressor, pages, request, config, seed, evaluation);
      }
    }
  }
  loaded.model->train(was_training);
}

void evaluate(
    model::LoadedModel& loaded,
    const data::ConversationDataset& conversations,
    const EvaluationConfig& config,
    uint64_t seed,
    Evaluation& evaluation) {
  const bool was_training = loaded.model->is_training();
  loaded.model->eval();
  for (const auto& [name, weight] : config.conversations->modes) {
    evaluate_mode(
        loaded,
        conversations,
        loaded.find_mode(name),
        config,
        seed,
        evaluation);
  }
  loaded.model->train(was_training);
}

} // namespace microfiche::training
