#include "command.h"
#include "page_list.h"
#include "page_result.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "core/terminal.h"
#include "core/version.h"
#include "generation/read.h"
#include "model/vision_token_file.h"
#include "page/page_views.h"

#include <torch/torch.h>

#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace microfiche::apps {
namespace {

struct ReadCommandOptions {
  CommonOptions common;
  std::vector<std::string> inputs;
  std::string output;
  std::string mode;
  std::string prompt;
  std::string pages;
  int64_t batch = 1;
  document::PdfOptions pdf;
  generation::GenerationConfig generation;
};

void write_stdout(std::string_view text) {
  write_file("-", text);
}

/// Reads pages to standard output or into a folder, several at once.
class PageReader {
 public:
  PageReader(const ReadCommandOptions& options, model::LoadedModel loaded)
      : options_(options),
        loaded_(std::move(loaded)),
        mode_(loaded_.find_mode(options.mode)) {
    settings_["prompt"] = options.prompt.empty()
        ? loaded_.config.toolkit.default_prompt
        : options.prompt;
    settings_["mode"] = mode_.name;
    settings_["pdf"] = write_config(options.pdf);
    settings_["generation"] = write_config(options.generation);
    settings_["model"] = loaded_.provenance();
  }

  /// Reads all pages that can be read. Throws `InputError` in the end where one
  /// could not; what was read from the others is kept.
  void read(PageList list) {
    pages_ = std::move(list.pages);
    for (const auto& failure : list.failures) {
      failures_.push_back(InputError(failure));
    }
    // A bar between lines of text would only be in their way.
    if (!options_.output.empty()) {
      progress_.emplace("read", static_cast<int64_t>(pages_.size()));
    }
    streamed_ =
        options_.output.empty() && (options_.batch == 1 || pages_.size() == 1);
    generation::ReadOptions read;
    read.prompt = options_.prompt;
    read.generation = options_.generation;
    generation::read_vision_tokens(loaded_, callbacks(), read, options_.batch);
    throw_if_stop_requested();
    if (num_done_ > 0) {
      say(concat(
          "pages that an earlier run finished and that are left as they are: ",
          num_done_));
    }
    report_failures();
  }

 private:
  /// A page that is being read; saved vision tokens have no image.
  struct EncodedPage {
    page::PageImage image;
    model::VisionTokens tokens;
  };

  generation::ReadCallbacks callbacks() {
    generation::ReadCallbacks callbacks;
    callbacks.next = [this] { return next(); };
    callbacks.on_reading =
        [this](int64_t page, const generation::Reading& reading) {
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
  std::optional<generation::NumberedTokens> next() {
    while (num_begun_ < std::ssize(pages_) && !stop_requested()) {
      const int64_t number = num_begun_++;
      const auto& page = pages_[number];
      try {
        if (!is_done(page)) {
          running_[number] = encode(page);
          if (streamed_) {
            write_stdout(heading(page));
          }
          return generation::NumberedTokens{number, running_[number].tokens};
        }
        ++num_done_;
      } catch (const InputError& error) {
        failures_.push_back(error);
      }
      end_page(number, "");
    }
    return std::nullopt;
  }

  /// Saves or prints what was read.
  void finish(int64_t number, const generation::Reading& reading) {
    const auto& page = pages_[number];
    std::string text;
    if (streamed_) {
      text = "\n";
    } else if (options_.output.empty()) {
      text = concat(heading(page), reading.text, "\n");
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
  void end_page(int64_t number, std::string text) {
    running_.erase(number);
    texts_[number] = std::move(text);
    for (auto first = texts_.find(num_written_); first != texts_.end();
         first = texts_.find(num_written_)) {
      if (!first->second.empty()) {
        write_stdout(first->second);
      }
      texts_.erase(first);
      ++num_written_;
    }
    if (progress_) {
      progress_->update(++num_ended_);
    }
  }

  void report_failures() const {
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

  static Json page_number(const ListedPage& page) {
    return page.pdf ? Json(page.pdf_page) : Json(nullptr);
  }

  std::filesystem::path result_file(const ListedPage& page) const {
    return std::filesystem::path(options_.output) / (page.name + ".json");
  }

  /// Whether an earlier run with the same settings read this page.
  bool is_done(const ListedPage& page) const {
    const auto file = result_file(page);
    if (options_.output.empty() || !std::filesystem::exists(file)) {
      return false;
    }
    const Json result = read_json_file(file);
    return result.is_object() &&
        result.value("settings", Json()) == settings_ &&
        result.value("file", Json()) == Json(page.file.string()) &&
        result.value("page", Json()) == page_number(page);
  }

  EncodedPage encode(const ListedPage& page) {
    if (page.is_encoded()) {
      return {{}, load_tokens(page)};
    }
    EncodedPage encoded{page.load(), {}};
    const page::PageViews views[] = {page::make_views(encoded.image, mode_)};
    const torch::InferenceMode inference;
    encoded.tokens = loaded_.model->encode(views, mode_).front();
    return encoded;
  }

  model::VisionTokens load_tokens(const ListedPage& page) {
    check<UsageError>(
        options_.mode.empty(),
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
    if (saved.model_hash != loaded_.hash) {
      warn(concat(
          page.file.string(),
          ": these vision tokens were made by another model"));
    }
    return std::move(saved.tokens);
  }

  /// Says which page comes, where there are several.
  std::string heading(const ListedPage& page) const {
    return options_.inputs.size() > 1 || page.pdf ||
            std::filesystem::is_directory(options_.inputs[0])
        ? concat("==> ", page.title(), " <==\n")
        : "";
  }

  void save(
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
        {"prefill", reading.prefill_seconds},
        {"decode", reading.decode_seconds}};
    json["settings"] = settings_;
    json["build"] = write_config(build_info());
    write_page_result(
        options_.output,
        page.name,
        reading.text,
        encoded.image,
        tokens.page_width_px,
        tokens.page_height_px,
        std::move(json));
  }

  ReadCommandOptions options_;
  model::LoadedModel loaded_;
  page::ResolutionMode mode_;
  Json settings_;
  std::vector<ListedPage> pages_;
  std::vector<Error> failures_;
  /// Whether text is printed as it comes, as one page is read at a time.
  bool streamed_ = false;
  int64_t num_begun_ = 0;
  /// Of these, how many an earlier run finished.
  int64_t num_done_ = 0;
  /// By number, as the next two.
  std::map<int64_t, EncodedPage> running_;
  std::map<int64_t, std::string> texts_;
  int64_t num_written_ = 0;
  std::optional<Progress> progress_;
  int64_t num_ended_ = 0;
};

void run_read(ReadCommandOptions options) {
  auto& config = options.generation;
  config.seed = options.common.seed;
  Json json = write_config(config);
  for (const auto& assignment : options.common.set) {
    apply_override(json, assignment);
  }
  config = read_config<generation::GenerationConfig>(json, "read");
  auto pages = list_pages(options.inputs, options.pages, options.pdf);
  auto loaded = open_model(options.common);
  if (config.ngram_window > 0 && config.ngram_whitelist.empty()) {
    // As published: the cells of a table may repeat.
    for (const char* token : {"<td>", "</td>"}) {
      if (const auto id = loaded.tokenizer().id_of(token)) {
        config.ngram_whitelist.push_back(*id);
      }
    }
  }
  PageReader(options, std::move(loaded)).read(std::move(pages));
}

} // namespace

void add_read(CLI::App& app) {
  auto options = std::make_shared<ReadCommandOptions>();
  auto* command = app.add_subcommand(
      "read",
      "microfiche read paper.pdf --pages 3-7 --mode base -o read\n\n"
      "Reads pages back to text on stdout, or with -o into a folder: for each "
      "page its Markdown, a .json with the raw text and the boxes in pixels, "
      "its figures, and a picture of the page with the boxes drawn. Run again "
      "with -o, it goes on where it was stopped.");
  command
      ->add_option(
          "input",
          options->inputs,
          "Images, PDF files, vision tokens that `encode` saved, or folders of "
          "them")
      ->required();
  command->add_option("-o,--output", options->output, "Folder to write to")
      ->type_name("DIR");
  command->add_option(
      "--mode",
      options->mode,
      "tiny, small, base, large, gundam, gundam-m or a mode of the model; the "
      "model's own default when left out");
  command->add_option(
      "--prompt",
      options->prompt,
      "Prompt with <image> where the page goes; the model's own when left out");
  auto& generation = options->generation;
  command
      ->add_option(
          "--max-new-tokens", generation.max_new_tokens, "Longest answer")
      ->capture_default_str();
  command
      ->add_option(
          "--ngram", generation.ngram, "No n-gram of this length twice; 0: off")
      ->capture_default_str();
  command
      ->add_option(
          "--ngram-window",
          generation.ngram_window,
          "Ids to look back for it; 0: all, prompt included")
      ->capture_default_str();
  command
      ->add_option(
          "--temperature", generation.temperature, "0 takes the likeliest id")
      ->capture_default_str();
  command
      ->add_option(
          "--pages", options->pages, "Pages of a PDF to read; all by default")
      ->type_name("3-7,9");
  command
      ->add_option(
          "--dpi", options->pdf.dpi, "Pixels per inch of a PDF's pages")
      ->check(CLI::Range(1, 2400))
      ->capture_default_str();
  command
      ->add_option(
          "--batch",
          options->batch,
          "Pages read at once; where one ends the next begins")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_model_options(*command, options->common);
  add_seed_option(*command, options->common);
  add_set_option(*command, options->common);
  add_quiet_option(*command, options->common);
  command->callback([options] { run_read(*options); });
}

} // namespace microfiche::apps
