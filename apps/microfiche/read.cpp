#include "command.h"
#include "page_input.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "core/terminal.h"
#include "core/version.h"
#include "generation/read.h"
#include "model/vision_token_file.h"
#include "page/image_file.h"
#include "page/page_views.h"

#include <torch/torch.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
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
  int64_t batch = 1;
  generation::GenerationConfig generation;
};

/// A page to read, and the name of its results.
struct PageToRead {
  std::filesystem::path file;
  std::string name;
};

/// Every page that the inputs stand for, folders as the images and vision
/// tokens in them by name.
std::vector<PageToRead> list_pages(const std::vector<std::string>& inputs) {
  std::vector<PageToRead> pages;
  std::set<std::string> names;
  const auto add = [&](const std::filesystem::path& file) {
    std::string name = file.stem().string();
    for (int copy = 2; !names.insert(name).second; ++copy) {
      name = concat(file.stem().string(), "-", copy);
    }
    pages.push_back({file, name});
  };
  for (const std::filesystem::path input : inputs) {
    if (!std::filesystem::is_directory(input)) {
      add(input);
      continue;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(input)) {
      if (has_image_name(entry.path()) ||
          entry.path().extension() == ".safetensors") {
        files.push_back(entry.path());
      }
    }
    check(
        !files.empty(),
        input.string(),
        ": expected a folder with images or saved vision tokens, got one "
        "without");
    std::sort(files.begin(), files.end());
    std::for_each(files.begin(), files.end(), add);
  }
  return pages;
}

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
    settings_["generation"] = write_config(options.generation);
    settings_["model"] = loaded_.provenance();
  }

  void read(const std::vector<PageToRead>& pages) {
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
  }

 private:
  std::filesystem::path result_file(const PageToRead& page) const {
    return std::filesystem::path(options_.output) / (page.name + ".json");
  }

  /// Whether an earlier run with the same settings read this page.
  bool is_done(const PageToRead& page) const {
    const auto file = result_file(page);
    if (options_.output.empty() || !std::filesystem::exists(file)) {
      return false;
    }
    const Json result = read_json_file(file);
    return result.is_object() &&
        result.value("settings", Json()) == settings_ &&
        result.value("file", Json()) == Json(page.file.string());
  }

  model::VisionTokens encode(const PageToRead& page) {
    if (page.file.extension() != ".safetensors") {
      const page::PageViews views[] = {
          page::make_views(page::read_image(page.file), mode_)};
      const torch::InferenceMode inference;
      return loaded_.model->encode(views, mode_).front();
    }
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

  void read_batch(std::vector<PageToRead> pages, size_t first) {
    if (std::erase_if(pages, [&](const auto& page) { return is_done(page); }) >
        0) {
      say("pages that an earlier run finished are left as they are");
    }
    if (pages.empty()) {
      return;
    }
    std::vector<model::VisionTokens> tokens;
    for (const auto& page : pages) {
      tokens.push_back(encode(page));
    }
    generation::ReadOptions read;
    read.prompt = options_.prompt;
    read.generation = options_.generation;
    read.first_row = first;
    const bool streamed = options_.output.empty() && pages.size() == 1;
    if (streamed) {
      write_title(pages[0]);
      read.on_text = [](int64_t, std::string_view text) {
        throw_if_stop_requested();
        write_stdout(text);
      };
    }
    const auto readings = generation::read_vision_tokens(loaded_, tokens, read);
    for (size_t i = 0; i < pages.size(); ++i) {
      if (!options_.output.empty()) {
        save(pages[i], tokens[i], readings[i]);
      } else if (streamed) {
        write_stdout("\n");
      } else {
        write_title(pages[i]);
        write_stdout(readings[i].text + "\n");
      }
      if (readings[i].stop != generation::StopReason::kEos) {
        warn(concat(
            pages[i].file.string(),
            readings[i].stop == generation::StopReason::kLoop
                ? ": the text ran in circles and was cut"
                : ": the text was cut at its longest; see "
                  "--max-new-tokens"));
      }
    }
  }

  /// Says which page comes, where there are several.
  void write_title(const PageToRead& page) {
    if (options_.inputs.size() > 1 ||
        std::filesystem::is_directory(options_.inputs[0])) {
      write_stdout(concat("==> ", page.file.string(), " <==\n"));
    }
  }

  void save(
      const PageToRead& page,
      const model::VisionTokens& tokens,
      const generation::Reading& reading) {
    Json json;
    json["file"] = page.file.string();
    json["mode"] = tokens.mode;
    json["text"] = reading.text;
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
    const std::filesystem::path folder = options_.output;
    write_file(folder / (page.name + ".txt"), reading.text);
    // Last, as it says that the page is done.
    write_json_file(result_file(page), json);
  }

  ReadCommandOptions options_;
  model::LoadedModel loaded_;
  page::ResolutionMode mode_;
  Json settings_;
};

void run_read(ReadCommandOptions options) {
  auto& config = options.generation;
  config.seed = options.common.seed;
  Json json = write_config(config);
  for (const auto& assignment : options.common.set) {
    apply_override(json, assignment);
  }
  config = read_config<generation::GenerationConfig>(json, "read");
  const auto pages = list_pages(options.inputs);
  auto loaded = open_model(options.common);
  if (config.ngram_window > 0 && config.ngram_whitelist.empty()) {
    // As published: the cells of a table may repeat.
    for (const char* token : {"<td>", "</td>"}) {
      if (const auto id = loaded.tokenizer().id_of(token)) {
        config.ngram_whitelist.push_back(*id);
      }
    }
  }
  PageReader(options, std::move(loaded)).read(pages);
}

} // namespace

void add_read(CLI::App& app) {
  auto options = std::make_shared<ReadCommandOptions>();
  auto* command = app.add_subcommand(
      "read",
      "microfiche read page.png --mode base\n\n"
      "Reads pages back to text on stdout, or with -o into a .txt and a .json "
      "a page. Run again with -o, it goes on where it was stopped.");
  command
      ->add_option(
          "input",
          options->inputs,
          "Images, vision tokens that `encode` saved, or folders of them")
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
