#include "reading/page_reader.h"

#include "core/config.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "core/version.h"
#include "generation/decode_step.h"
#include "model/model_family.h"
#include "model/prompt.h"
#include "model/vision_token_file.h"
#include "page/page_views.h"
#include "reading/page_result.h"
#include "reading/together.h"

#include <torch/torch.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace microfiche::reading {
namespace {

void write_stdout(std::string_view text) {
  write_file("-", text);
}

} // namespace

PageReader::PageReader(
    const PageReaderConfig& config,
    model::LoadedModel loaded)
    : config_(config),
      loaded_(std::move(loaded)),
      mode_(
          config.together ? find_together_mode(loaded_, config.mode)
                          : loaded_.find_mode(config.mode)),
      training_warnings_(loaded_.config, mode_) {
  if (config_.together) {
    check<UsageError>(
        config_.batch == 1,
        "--batch has no effect with --together, which reads all pages in one "
        "prompt");
    check_together(loaded_.config, mode_);
  }
  if (config_.prompt.empty()) {
    config_.prompt = config_.together ? loaded_.config.family().together_prompt
                                      : loaded_.config.toolkit.default_prompt;
  }
  model::validate_prompt(config_.prompt, "prompt");
  settings_["prompt"] = config_.prompt;
  settings_["mode"] = mode_.name;
  settings_["pdf"] = write_config(config_.pdf);
  settings_["generation"] = write_config(config_.generation);
  // Hashing large weights takes a while, and only results need the hash.
  if (!config_.output.empty()) {
    settings_["model"] = loaded_.provenance();
  }
}

void PageReader::read(const std::vector<InputFile>& files, bool titles) {
  titles_ = titles || files.size() > 1;
  list(files);
  if (!config_.draft.empty()) {
    drafts_.emplace(config_.draft, config_.pdf, loaded_.tokenizer(), pages_);
    const auto reason = generation::DecodeStep(loaded_.model->decoder)
                            .unsupported_draft_reason();
    if (reason) {
      warn(concat("--draft has no effect: ", *reason));
    }
  }
  // A progress bar would break up the printed texts.
  if (!config_.output.empty()) {
    progress_.emplace("read", static_cast<int64_t>(pages_.size()));
  }
  if (config_.together) {
    report_failures(
        "no page was read, because the pages would share one prompt");
    read_together();
  } else {
    streamed_ =
        config_.output.empty() && (config_.batch == 1 || pages_.size() == 1);
    generation::read_vision_tokens(
        loaded_,
        callbacks(),
        {config_.prompt, config_.generation},
        config_.batch);
  }
  progress_.reset();
  throw_if_stop_requested();
  if (num_done_before_ > 0) {
    say(concat(
        "pages that an earlier run finished, left unchanged: ",
        num_done_before_));
  }
  report_failures("all others were read");
}

/// Lists the pages and chooses the names of their results.
void PageReader::list(const std::vector<InputFile>& files) {
  auto list = list_pages(
      files,
      {config_.pages,
       config_.pdf,
       find_text_style(config_.style, loaded_.config, mode_)});
  for (const auto& failure : list.failures) {
    failures_.push_back(InputError(failure));
  }
  check<UsageError>(
      config_.style.empty() ||
          std::ranges::any_of(
              files,
              [](const auto& file) { return file.kind == FileKind::kText; }),
      "--style has no effect: no input is a text");
  if (config_.output.empty()) {
    pages_ = std::move(list.pages);
    return;
  }
  results_.emplace(config_.output, files);
  for (auto& page : list.pages) {
    try {
      names_.push_back(results_->choose_name(page));
      pages_.push_back(std::move(page));
    } catch (const InputError& error) {
      failures_.push_back(error);
    }
  }
}

generation::ReadCallbacks PageReader::callbacks() {
  generation::ReadCallbacks callbacks;
  callbacks.next = [this] { return next(); };
  callbacks.on_reading = [this](
                             int64_t page, const generation::Reading& reading) {
    finish(page, reading);
  };
  callbacks.on_failure = [this](int64_t page, const Error& error) {
    failures_.emplace_back(
        error.exit_code(), concat(pages_[page].title(), ": ", error.what()));
    end_page(page, streamed_ ? "\n" : "");
  };
  if (streamed_) {
    callbacks.on_text = [](int64_t, std::string_view text) {
      throw_if_stop_requested();
      write_stdout(text);
    };
  }
  return callbacks;
}

/// The next page that is not finished and can be loaded. None after a stop
/// signal, so that the pages being read can finish.
std::optional<generation::NumberedTokens> PageReader::next() {
  while (num_started_ < std::ssize(pages_) && !stop_requested()) {
    const int64_t number = num_started_++;
    const auto& page = pages_[number];
    try {
      if (!results_ ||
          !results_->is_done(page, names_[number], settings_of(page))) {
        running_[number] = encode(page);
        if (streamed_) {
          write_stdout(title_line(page));
        }
        return generation::NumberedTokens{
            number,
            running_[number].tokens,
            /*prompt=*/"",
            drafts_ ? drafts_->find(page) : nullptr};
      }
      ++num_done_before_;
    } catch (const InputError& error) {
      failures_.push_back(error);
    }
    end_page(number, "");
  }
  return std::nullopt;
}

/// Saves or prints a finished page.
void PageReader::finish(int64_t number, const generation::Reading& reading) {
  const auto& page = pages_[number];
  std::string text;
  if (streamed_) {
    text = "\n";
  } else if (!results_) {
    text = concat(title_line(page), reading.text, "\n");
  } else {
    try {
      save(number, reading);
    } catch (const InputError& error) {
      failures_.emplace_back(
          error.exit_code(), concat(page.title(), ": ", error.what()));
    }
  }
  end_page(number, std::move(text));
  // Pages together have one answer, which ends once.
  if (reading.stop != generation::StopReason::kEos &&
      (!config_.together || number == 0)) {
    warn(concat(
        config_.together ? "--together" : page.title(),
        reading.stop == generation::StopReason::kLoop
            ? ": the text repeats itself and was cut"
            : ": the text reached its longest length and was cut; see "
              "--max-new-tokens"));
  }
}

/// Forgets a page that was read, skipped or failed. Prints its text as soon as
/// those of all earlier pages are printed.
void PageReader::end_page(int64_t number, std::string text) {
  running_.erase(number);
  waiting_[number] = std::move(text);
  while (waiting_.contains(num_printed_)) {
    const auto next = waiting_.extract(num_printed_++);
    if (!next.mapped().empty()) {
      write_stdout(next.mapped());
    }
  }
  if (progress_) {
    progress_->update(++num_ended_);
  }
}

void PageReader::report_failures(std::string_view ending) const {
  if (failures_.size() == 1 && pages_.size() <= 1) {
    throw failures_.front();
  }
  for (const auto& failure : failures_) {
    warn(failure.what());
  }
  check(
      failures_.empty(),
      failures_.size() == 1 ? "1 page or file"
                            : concat(failures_.size(), " pages or files"),
      " could not be read, for the reasons above; ",
      ending);
}

PageReader::EncodedPage PageReader::encode(const InputPage& page) {
  if (page.file.kind == FileKind::kVisionTokens) {
    EncodedPage encoded{{}, load_tokens(page)};
    encoded.input.sha256 = page.content_hash();
    return encoded;
  }
  EncodedPage encoded{page.load(), {}};
  auto& warnings = encoded.input.warnings;
  if (!results_) {
    for (const auto& warning : warnings) {
      warn(concat(page.title(), ": ", warning));
    }
  }
  for (const auto& warning :
       training_warnings_.find(page, encoded.input.image)) {
    warn(concat(page.title(), ": ", warning));
  }
  const page::PageViews views[] = {
      page::make_views(encoded.input.image, mode_)};
  const torch::InferenceMode inference;
  encoded.tokens = loaded_.model->encode(views, mode_).front();
  return encoded;
}

model::VisionTokens PageReader::load_tokens(const InputPage& page) {
  const auto file = page.file.title();
  check<UsageError>(
      config_.mode.empty(),
      "--mode has no effect on the saved vision tokens of ",
      file);
  check(
      !page.file.content,
      file,
      ": vision tokens cannot be read from standard input; name the file");
  auto saved = model::read_vision_tokens(page.file.path);
  check(
      saved.tokens.sequence.size(1) == loaded_.config.language.hidden_size,
      file,
      ": its vision tokens are ",
      saved.tokens.sequence.size(1),
      " wide but this model takes ",
      loaded_.config.language.hidden_size,
      "; use the model that made them");
  if (saved.model_hash != loaded_.hash()) {
    warn(concat(file, ": another model made these vision tokens"));
  }
  for (const auto& warning :
       training_warnings_.find_for_mode(saved.tokens.mode)) {
    warn(concat(file, ": ", warning));
  }
  return std::move(saved.tokens);
}

Json PageReader::settings_of(const InputPage& page) const {
  Json settings = settings_;
  if (page.text) {
    settings["page_style"] = write_config(page.text->style);
  }
  return settings;
}

std::string PageReader::title_line(const InputPage& page) const {
  return titles_ || page.number > 0 ? concat("==> ", page.title(), " <==\n")
                                    : "";
}

void PageReader::save(int64_t number, const generation::Reading& reading) {
  const auto& page = pages_[number];
  auto& encoded = running_.at(number);
  const auto& tokens = encoded.tokens;
  Json json;
  json["file"] = page.file.path.string();
  json["page"] = page.number > 0 ? Json(page.number) : Json(nullptr);
  json["sha256"] = encoded.input.sha256;
  json["mode"] = tokens.mode;
  json["stop"] = reading.stop;
  const bool owns_answer = !config_.together || number == 0;
  json["ids"] = owns_answer ? Json(reading.ids.size()) : Json(nullptr);
  json["vision_tokens"] = {
      {"nominal", tokens.counts.nominal},
      {"valid", tokens.counts.valid},
      {"positions", tokens.counts.positions}};
  json["image_size"] = {tokens.page_width_px, tokens.page_height_px};
  json["tiles"] = {tokens.grid.columns, tokens.grid.rows};
  if (owns_answer) {
    json["seconds"] = {
        {"prefill", reading.prefill_seconds},
        {"decode", reading.decode_seconds}};
  } else {
    json["seconds"] = nullptr;
  }
  if (owns_answer && drafts_) {
    json["draft"] = {
        {"steps", reading.steps},
        {"drafted", reading.drafted},
        {"accepted", reading.accepted}};
  }
  json["settings"] = settings_of(page);
  json["build"] = write_config(build_info());
  results_->remove(names_[number]);
  write_page_result(
      config_.output,
      {names_[number],
       reading.text,
       std::move(encoded.input.image),
       tokens.page_width_px,
       tokens.page_height_px,
       std::move(encoded.input.warnings)},
      std::move(json),
      page.title());
}

} // namespace microfiche::reading
