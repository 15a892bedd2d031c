#include "reading/page_reader.h"

#include "reading/page_result.h"

#include "core/config.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "core/version.h"
#include "model/vision_token_file.h"
#include "page/page_views.h"

#include <torch/torch.h>

#include <iterator>
#include <string_view>
#include <utility>

namespace microfiche::reading {
namespace {

void write_stdout(std::string_view text) {
  write_file("-", text);
}

Json page_number(const ListedPage& page) {
  return page.pdf ? Json(page.pdf_page) : Json(nullptr);
}

} // namespace

PageReader::PageReader(const ReadSettings& settings, model::LoadedModel loaded)
    : settings_(settings),
      loaded_(std::move(loaded)),
      mode_(loaded_.find_mode(settings.mode)) {
  provenance_["prompt"] = settings.prompt.empty()
      ? loaded_.config.toolkit.default_prompt
      : settings.prompt;
  provenance_["mode"] = mode_.name;
  provenance_["pdf"] = write_config(settings.pdf);
  provenance_["generation"] = write_config(settings.generation);
  // The hash of large weights takes a while, and only results need it.
  if (!settings.output.empty()) {
    provenance_["model"] = loaded_.provenance();
  }
}

void PageReader::read(PageList list) {
  pages_ = std::move(list.pages);
  for (const auto& failure : list.failures) {
    failures_.push_back(InputError(failure));
  }
  // A bar between lines of text would only be in their way.
  if (!settings_.output.empty()) {
    progress_.emplace("read", static_cast<int64_t>(pages_.size()));
  }
  streamed_ =
      settings_.output.empty() && (settings_.batch == 1 || pages_.size() == 1);
  generation::ReadConfig read;
  read.prompt = settings_.prompt;
  read.generation = settings_.generation;
  generation::read_vision_tokens(loaded_, callbacks(), read, settings_.batch);
  progress_.reset();
  throw_if_stop_requested();
  if (num_done_before_ > 0) {
    say(concat(
        "pages that an earlier run finished and that are left as they are: ",
        num_done_before_));
  }
  report_failures();
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

/// The next page that is not read yet and can be loaded. After a stop signal
/// there is none, so that what is running comes to its end.
std::optional<generation::NumberedTokens> PageReader::next() {
  while (num_begun_ < std::ssize(pages_) && !stop_requested()) {
    const int64_t number = num_begun_++;
    const auto& page = pages_[number];
    try {
      if (!is_done(page)) {
        running_[number] = encode(page);
        if (streamed_) {
          write_stdout(title_line(page));
        }
        return generation::NumberedTokens{number, running_[number].tokens};
      }
      ++num_done_before_;
    } catch (const InputError& error) {
      failures_.push_back(error);
    }
    end_page(number, "");
  }
  return std::nullopt;
}

/// Saves or prints what was read.
void PageReader::finish(int64_t number, const generation::Reading& reading) {
  const auto& page = pages_[number];
  std::string text;
  if (streamed_) {
    text = "\n";
  } else if (settings_.output.empty()) {
    text = concat(title_line(page), reading.text, "\n");
  } else {
    try {
      save(page, running_.at(number), reading);
    } catch (const InputError& error) {
      failures_.push_back(error);
    }
  }
  end_page(number, std::move(text));
  if (reading.stop != generation::StopReason::kEos) {
    warn(concat(
        page.title(),
        reading.stop == generation::StopReason::kLoop
            ? ": the text ran in circles and was cut"
            : ": the text was cut at its longest; see "
              "--max-new-tokens"));
  }
}

/// Forgets a page that was read, left out or failed. Its text goes to
/// standard output once those of all pages before it have.
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

void PageReader::report_failures() const {
  if (failures_.size() == 1 && pages_.size() <= 1) {
    throw failures_.front();
  }
  for (const auto& failure : failures_) {
    warn(failure.what());
  }
  check(
      failures_.empty(),
      failures_.size(),
      " pages or files could not be read, for the reasons above; the others "
      "were");
}

std::filesystem::path PageReader::result_file(const ListedPage& page) const {
  return std::filesystem::path(settings_.output) / (page.name + ".json");
}

/// Whether an earlier run with the same settings read this page.
bool PageReader::is_done(const ListedPage& page) const {
  const auto file = result_file(page);
  if (settings_.output.empty() || !std::filesystem::exists(file)) {
    return false;
  }
  const Json result = read_json_file(file);
  return result.is_object() &&
      result.value("settings", Json()) == provenance_ &&
      result.value("file", Json()) == Json(page.file.string()) &&
      result.value("page", Json()) == page_number(page);
}

PageReader::EncodedPage PageReader::encode(const ListedPage& page) {
  if (page.is_encoded()) {
    return {{}, load_tokens(page)};
  }
  EncodedPage encoded{page.load(), {}};
  const page::PageViews views[] = {page::make_views(encoded.image, mode_)};
  const torch::InferenceMode inference;
  encoded.tokens = loaded_.model->encode(views, mode_).front();
  return encoded;
}

model::VisionTokens PageReader::load_tokens(const ListedPage& page) const {
  check<UsageError>(
      settings_.mode.empty(),
      "--mode has no effect on the saved vision tokens of ",
      page.file.string());
  auto saved = model::read_vision_tokens(page.file);
  check(
      saved.tokens.sequence.size(1) == loaded_.config.language.hidden_size,
      page.file.string(),
      ": its vision tokens are ",
      saved.tokens.sequence.size(1),
      " wide but this model takes ",
      loaded_.config.language.hidden_size,
      "; give the model that made them");
  if (saved.model_hash != loaded_.hash()) {
    warn(concat(
        page.file.string(),
        ": these vision tokens were made by another model"));
  }
  return std::move(saved.tokens);
}

std::string PageReader::title_line(const ListedPage& page) const {
  return settings_.titles || page.pdf ? concat("==> ", page.title(), " <==\n")
                                      : "";
}

void PageReader::save(
    const ListedPage& page,
    const EncodedPage& encoded,
    const generation::Reading& reading) const {
  const auto& tokens = encoded.tokens;
  Json json;
  json["file"] = page.file.string();
  json["page"] = page_number(page);
  json["mode"] = tokens.mode;
  json["stop"] = reading.stop;
  json["ids"] = reading.ids.size();
  json["vision_tokens"] = {
      {"nominal", tokens.counts.nominal},
      {"valid", tokens.counts.valid},
      {"positions", tokens.counts.positions}};
  json["image_size"] = {tokens.page_width_px, tokens.page_height_px};
  json["tiles"] = {tokens.grid.columns, tokens.grid.rows};
  json["seconds"] = {
      {"prefill", reading.prefill_seconds}, {"decode", reading.decode_seconds}};
  json["settings"] = provenance_;
  json["build"] = write_config(build_info());
  write_page_result(
      settings_.output,
      page.name,
      reading.text,
      encoded.image,
      tokens.page_width_px,
      tokens.page_height_px,
      std::move(json));
}

} // namespace microfiche::reading
