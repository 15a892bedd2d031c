#include "memory/reading/read_pages.h"

#include "core/config.h"
#include "core/crypto.h"
#include "core/error.h"
#include "core/stop_signal.h"
#include "core/utf8.h"
#include "generation/read.h"
#include "memory/derived_files.h"
#include "memory/pages.h"
#include "memory/policy/accuracy_table.h"
#include "memory/reading/build_tokens.h"
#include "memory/reading/shrink_tokens.h"
#include "model/vision_token_file.h"
#include "page/page_views.h"
#include "reading/together.h"

#include <algorithm>
#include <iterator>

namespace microfiche::memory {
namespace {

constexpr page::Colour kWhite{255, 255, 255};

double seconds_of(const generation::Reading& reading) {
  return reading.prefill_seconds + reading.decode_seconds;
}

} // namespace

PlanReader::PlanReader(
    Store& store,
    const StoredPlan& plan,
    model::LoadedModel& loaded,
    const PageReadingConfig& config)
    : store_(store),
      plan_(plan),
      loaded_(loaded),
      config_(config),
      model_(token_file_model(loaded)),
      exact_(page_texts(store, plan)) {
  Json json = {
      {"prompt", loaded.config.toolkit.default_prompt},
      {"generation", write_config(config.generation)}};
  if (config.pages_per_context > 1) {
    json["pages_per_context"] = config.pages_per_context;
  }
  reading_config_ = json.dump();
  make_contexts();
}

void PlanReader::make_contexts() {
  std::vector<size_t> context;
  int64_t num_pictures = 0;
  const auto finish = [&] {
    int64_t positions = 0;
    for (const size_t item : context) {
      positions += plan_.items[item].positions;
      context_of_item_[item] = contexts_.size();
    }
    context_positions_ = std::max(context_positions_, positions);
    std::sort(context.begin(), context.end());
    contexts_.push_back(std::move(context));
    context.clear();
    num_pictures = 0;
  };
  for (size_t i = plan_.items.size(); i-- > 0;) {
    const auto& mode = plan_.items[i].mode;
    if (mode == kGone || mode == kText) {
      continue;
    }
    const auto pages = pages_of_picture(plan_, i);
    if (pages.back() != i) {
      continue;
    }
    context.insert(context.end(), pages.begin(), pages.end());
    if (++num_pictures == config_.pages_per_context) {
      finish();
    }
  }
  if (!context.empty()) {
    finish();
  }
  if (config_.pages_per_context == 1) {
    return;
  }
  const int64_t most = loaded_.config.language.max_position_embeddings;
  const int64_t others =
      reading::text_positions(loaded_, loaded_.config.toolkit.default_prompt) +
      config_.generation.max_new_tokens;
  check<UsageError>(
      context_positions_ + others <= most,
      "--pages-per-context ",
      config_.pages_per_context,
      ": the pages of a context take up to ",
      context_positions_,
      " positions, prompt and reading ",
      others,
      ", and the model has ",
      most,
      "; put fewer pages into a context or lower --max-new-tokens");
}

std::string PlanReader::config_of(const std::vector<size_t>& context) const {
  if (config_.pages_per_context == 1) {
    return reading_config_;
  }
  // The reading is kept with the newest page; it depends on all.
  auto json = Json::parse(reading_config_);
  for (const size_t item : context) {
    if (pages_of_picture(plan_, item).back() == item) {
      json["context"].push_back(token_file_of(item).sha256);
    }
  }
  return json.dump();
}

StoredTokenFile PlanReader::token_file_of(size_t item) const {
  const auto& planned = plan_.items[item];
  const auto found =
      find_token_file(store_, planned.page, planned.mode, planned.how, model_);
  check(
      found.has_value(),
      store_.path().string(),
      ": page ",
      planned.page,
      " of plan ",
      plan_.id,
      " has no vision tokens of this model in ",
      planned.mode,
      has_tokens_of_others(store_, planned.page, planned.mode, model_)
          ? "; those of another model, or of another dtype, are not used"
          : "",
      "; run `microfiche memory build` with this model");
  return *found;
}

model::VisionTokens PlanReader::load_tokens(
    const std::vector<size_t>& context) const {
  std::vector<model::VisionTokens> pages;
  for (const size_t item : context) {
    if (pages_of_picture(plan_, item).back() != item) {
      continue;
    }
    const auto row = token_file_of(item);
    // Throws for a file that is missing or has other bytes.
    read_derived_file(store_, row.sha256, kTokensExtension);
    pages.push_back(model::read_vision_tokens(
                        derived_file(store_, row.sha256, kTokensExtension))
                        .tokens);
  }
  auto joined =
      pages.size() == 1 ? std::move(pages.front()) : reading::join_pages(pages);
  joined.sequence = joined.sequence.to(loaded_.model->tensor_options());
  return joined;
}

std::vector<std::optional<KeptPage>> PlanReader::read(
    const std::vector<size_t>& items,
    const std::function<void(int64_t, int64_t)>& progress) {
  std::map<size_t, KeptPage> known;
  /// A context that has no reading yet.
  struct Unread {
    std::vector<size_t> context;
    StoredTokenFile tokens;
    std::string config;
  };
  std::vector<Unread> unread;
  /// The text belongs to the newest page.
  const auto keep = [&](const std::vector<size_t>& context,
                        const std::string& text,
                        double seconds) {
    for (const size_t item : context) {
      const bool newest = item == context.back();
      known[item] = KeptPage{
          newest ? text : std::string(),
          token_file_of(item).nominal,
          newest ? seconds : 0,
          context.back()};
    }
  };
  for (const size_t item : items) {
    const auto& mode = plan_.items[item].mode;
    if (mode == kGone || known.contains(item)) {
      continue;
    }
    if (mode == kText) {
      known[item] = KeptPage{exact_[item], 0, 0, item};
      continue;
    }
    const auto& context = context_of(item);
    const bool waits = !unread.empty() && unread.back().context == context;
    if (waits) {
      continue;
    }
    const auto tokens = token_file_of(context.back());
    auto config = config_of(context);
    if (auto found = find_reading(store_, tokens.id, config)) {
      keep(context, found->text, found->seconds);
      ++num_reused_;
    } else {
      unread.push_back({context, tokens, std::move(config)});
    }
  }

  const auto total = static_cast<int64_t>(unread.size());
  int64_t num_started = 0;
  int64_t num_done = 0;
  generation::ReadCallbacks callbacks;
  callbacks.next = [&]() -> std::optional<generation::NumberedTokens> {
    throw_if_stop_requested();
    if (num_started == total) {
      return std::nullopt;
    }
    const int64_t number = num_started++;
    const auto& page = unread[static_cast<size_t>(number)];
    return generation::NumberedTokens{number, load_tokens(page.context)};
  };
  callbacks.on_reading = [&](int64_t number, generation::Reading reading) {
    const auto& page = unread[static_cast<size_t>(number)];
    StoredReading row;
    // A store has no text that is not UTF-8, or with U+0000.
    row.text = replace_invalid_utf8(reading.text);
    std::replace(row.text.begin(), row.text.end(), '\0', ' ');
    row.stop = Json(reading.stop).get<std::string>();
    std::string exact;
    for (const size_t item : page.context) {
      exact += concat(exact.empty() ? "" : "\n", exact_[item]);
    }
    row.precision = reading_precision(exact, row.text);
    row.seconds = seconds_of(reading);
    save_reading(store_, page.tokens.id, page.config, row);
    keep(page.context, row.text, row.seconds);
    ++num_read_;
    if (progress) {
      progress(++num_done, total);
    }
  };
  callbacks.on_failure = [&](int64_t number, const Error& error) {
    const auto& page = unread[static_cast<size_t>(number)];
    throw Error(
        error.exit_code(),
        concat(
            store_.path().string(),
            ": page ",
            plan_.items[page.context.back()].page,
            ": ",
            error.what()));
  };
  if (total > 0) {
    generation::read_vision_tokens(
        loaded_, callbacks, {"", config_.generation}, config_.batch);
  }
  std::vector<std::optional<KeptPage>> kept;
  for (const size_t item : items) {
    const auto found = known.find(item);
    kept.push_back(
        found == known.end() ? std::nullopt : std::optional(found->second));
  }
  return kept;
}

std::map<std::string, KeptPage> PlanReader::read_blanks() {
  std::map<std::string, KeptPage> blanks;
  for (const auto& item : plan_.items) {
    if (item.mode == kGone || item.mode == kText ||
        blanks.contains(item.mode)) {
      continue;
    }
    const auto original = original_of(store_, item.page);
    const auto mode = loaded_.find_mode(item.mode);
    const auto ageing = read_ageing(item.how, store_.path().string());
    const auto encoded =
        encoded_mode(ageing, mode, loaded_, store_.path().string());
    const page::PageViews views[] = {page::make_views(
        page::make_page(original.width, original.height, kWhite), encoded)};
    const torch::InferenceMode inference;
    auto tokens = loaded_.model->encode(views, encoded);
    tokens.front() =
        shrink_tokens(std::move(tokens.front()), ageing, mode, loaded_);
    tokens.front().sequence =
        tokens.front().sequence.to(loaded_.model->tensor_options());
    const auto reading = generation::read_vision_tokens(
                             loaded_, tokens, {"", config_.generation})
                             .front();
    blanks.emplace(
        item.mode,
        KeptPage{
            replace_invalid_utf8(reading.text),
            tokens.front().counts.nominal,
            seconds_of(reading),
            std::nullopt});
  }
  return blanks;
}

} // namespace microfiche::memory
