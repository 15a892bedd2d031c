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

/// Reads pages batch by batch to standard output or into a folder.
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
    const auto& pages = list.pages;
    failures_ = std::move(list.failures);
    // A bar between lines of text would only be in their way.
    std::optional<Progress> progress;
    if (!options_.output.empty()) {
      progress.emplace("read", static_cast<int64_t>(pages.size()));
    }
    for (size_t begin = 0; begin < pages.size(); begin += options_.batch) {
      throw_if_stop_requested();
      const size_t end = std::min<size_t>(pages.size(), begin + options_.batch);
      read_batch({pages.begin() + begin, pages.begin() + end}, begin);
      if (progress) {
        progress->update(static_cast<int64_t>(end));
      }
    }
    if (failures_.size() == 1 && pages.size() <= 1) {
      throw InputError(failures_.front());
    }
    for (const auto& failure : failures_) {
      warn(failure);
    }
    check(
        failures_.empty(),
        failures_.size(),
        " pages or files could not be read, for the reasons above; the others "
        "were");
  }

 private:
  /// A page in a batch; saved vision tokens have no image.
  struct EncodedPage {
    ListedPage page;
    page::PageImage image;
    model::VisionTokens tokens;
  };

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
      return {page, {}, load_tokens(page)};
    }
    EncodedPage encoded{page, page.load(), {}};
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
    if (saved.model_hash != loaded_.hash()) {
      warn(concat(
          page.file.string(),
          ": these vision tokens were made by another model"));
    }
    return std::move(saved.tokens);
  }

  void read_batch(std::vector<ListedPage> pages, size_t first) {
    if (std::erase_if(pages, [&](const auto& page) { return is_done(page); }) >
        0) {
      say("pages that an earlier run finished are left as they are");
    }
    if (pages.empty()) {
      return;
    }
    std::vector<EncodedPage> encoded;
    for (const auto& page : pages) {
      try {
        encoded.push_back(encode(page));
      } catch (const InputError& error) {
        failures_.emplace_back(error.what());
      }
    }
    if (encoded.empty()) {
      return;
    }
    generation::ReadOptions read;
    read.prompt = options_.prompt;
    read.generation = options_.generation;
    read.first_row = first;
    const bool streamed = options_.output.empty() && encoded.size() == 1;
    if (streamed) {
      write_title(encoded[0].page);
      read.on_text = [](int64_t, std::string_view text) {
        throw_if_stop_requested();
        write_stdout(text);
      };
    }
    std::vector<model::VisionTokens> tokens;
    for (const auto& page : encoded) {
      tokens.push_back(page.tokens);
    }
    const auto readings = generation::read_vision_tokens(loaded_, tokens, read);
    for (size_t i = 0; i < encoded.size(); ++i) {
      if (!options_.output.empty()) {
        try {
          save(encoded[i], readings[i]);
        } catch (const InputError& error) {
          failures_.emplace_back(error.what());
        }
      } else if (streamed) {
        write_stdout("\n");
      } else {
        write_title(encoded[i].page);
        write_stdout(readings[i].text + "\n");
      }
      if (readings[i].stop != generation::StopReason::kEos) {
        warn(concat(
            encoded[i].page.title(),
            readings[i].stop == generation::StopReason::kLoop
                ? ": the text ran in circles and was cut"
                : ": the text was cut at its longest; see "
                  "--max-new-tokens"));
      }
    }
  }

  /// Says which page comes, where there are several.
  void write_title(const ListedPage& page) {
    if (options_.inputs.size() > 1 || page.pdf ||
        std::filesystem::is_directory(options_.inputs[0])) {
      write_stdout(concat("==> ", page.title(), " <==\n"));
    }
  }

  void save(const EncodedPage& encoded, const generation::Reading& reading) {
    const auto& tokens = encoded.tokens;
    Json json;
    json["file"] = encoded.page.file.string();
    json["page"] = page_number(encoded.page);
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
        encoded.page.name,
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
  std::vector<std::string> failures_;
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
  command->add_option("--batch", options->batch, "Pages read together")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_model_options(*command, options->common);
  add_seed_option(*command, options->common);
  add_set_option(*command, options->common);
  add_quiet_option(*command, options->common);
  command->callback([options] { run_read(*options); });
}

} // namespace microfiche::apps
