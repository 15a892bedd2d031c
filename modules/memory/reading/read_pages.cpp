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
#include "model/vision_token_file.h"
#include "page/page_views.h"

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
      settings_(Json{
          {"prompt", loaded.config.toolkit.default_prompt},
          {"generation", write_config(config.generation)}}
                    .dump()),
      exact_(page_texts(store, plan)) {}

StoredTokenFile PlanReader::token_file_of(size_t item) const {
  const auto& planned = plan_.items[item];
  const auto found =
      find_token_file(store_, planned.page, planned.mode, model_);
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

model::VisionTokens PlanReader::load_tokens(size_t item) const {
  const auto row = token_file_of(item);
  // Throws for a file that is missing or has other bytes.
  read_derived_file(store_, row.sha256, kTokensExtension);
  auto saved = model::read_vision_tokens(
      derived_file(store_, row.sha256, kTokensExtension));
  saved.tokens.sequence =
      saved.tokens.sequence.to(loaded_.model->tensor_options());
  return std::move(saved.tokens);
}

std::vector<std::optional<KeptPage>> PlanReader::read(
    const std::vector<size_t>& items,
    const std::function<void(int64_t, int64_t)>& progress) {
  std::vector<std::optional<KeptPage>> kept(items.size());
  /// A page that has no reading yet.
  struct Unread {
    size_t place = 0;
    StoredTokenFile tokens;
  };
  std::vector<Unread> unread;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto& mode = plan_.items[items[i]].mode;
    if (mode == kGone) {
      continue;
    }
    if (mode == kText) {
      kept[i] = KeptPage{exact_[items[i]], 0, 0};
      continue;
    }
    const auto tokens = token_file_of(items[i]);
    if (auto found = find_reading(store_, tokens.id, settings_)) {
      kept[i] = KeptPage{found->text, tokens.nominal, found->seconds};
      ++num_reused_;
    } else {
      unread.push_back({i, tokens});
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
    return generation::NumberedTokens{number, load_tokens(items[page.place])};
  };
  callbacks.on_reading = [&](int64_t number, generation::Reading reading) {
    const auto& page = unread[static_cast<size_t>(number)];
    StoredReading row;
    // A store has no text that is not UTF-8, or with U+0000.
    row.text = replace_invalid_utf8(reading.text);
    std::replace(row.text.begin(), row.text.end(), '\0', ' ');
    row.stop = Json(reading.stop).get<std::string>();
    row.precision = reading_precision(exact_[items[page.place]], row.text);
    row.seconds = seconds_of(reading);
    save_reading(store_, page.tokens.id, settings_, row);
    kept[page.place] = KeptPage{row.text, page.tokens.nominal, row.seconds};
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
            plan_.items[items[page.place]].page,
            ": ",
            error.what()));
  };
  if (total > 0) {
    generation::read_vision_tokens(
        loaded_, callbacks, {"", config_.generation}, config_.batch);
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
    const page::PageViews views[] = {page::make_views(
        page::make_page(original.width, original.height, kWhite), mode)};
    const torch::InferenceMode inference;
    const auto tokens = loaded_.model->encode(views, mode);
    const auto reading = generation::read_vision_tokens(
                             loaded_, tokens, {"", config_.generation})
                             .front();
    blanks.emplace(
        item.mode,
        KeptPage{
            replace_invalid_utf8(reading.text),
            tokens.front().counts.nominal,
            seconds_of(reading)});
  }
  return blanks;
}

} // namespace microfiche::memory
