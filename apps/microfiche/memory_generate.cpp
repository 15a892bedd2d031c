#include "memory_commands.h"

#include "core/files.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "data/corpus.h"
#include "memory/recall/generated_conversation.h"

#include <memory>

// memory generate.

namespace microfiche::apps {
namespace {

struct MemoryGenerateArguments {
  CommonArguments common;
  memory::GenerateConfig config;
  std::string text = MICROFICHE_SOURCE_DIR "/data/text/training";
  std::string output = "-";
};

void run_generate(const MemoryGenerateArguments& arguments) {
  apply_common_arguments(arguments.common);
  std::vector<std::string> filler;
  for (const auto& document : data::read_documents(arguments.text)) {
    const auto sentences = memory::filler_sentences(document.text);
    filler.insert(filler.end(), sentences.begin(), sentences.end());
  }
  auto config = arguments.config;
  config.seed = arguments.common.seed;
  write_file(arguments.output, memory::generate_conversation(config, filler));
  say(concat(
      arguments.output,
      ": ",
      count_of(config.turns, "turn"),
      ", ",
      count_of(config.facts, "fact"),
      ", ",
      count_of(config.updates, "update")));
}

} // namespace

void add_memory_generate(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryGenerateArguments>();
  auto* command = memory.add_subcommand(
      "generate",
      "microfiche memory generate --turns 240 --facts 120 --seed 1 -o "
      "turns.jsonl\n"
      "microfiche memory import turns.jsonl --store my.db\n\n"
      "Makes a conversation that states facts, such as \"The number of bafit "
      "is 4821.\", between sentences of public-domain text.");
  auto& config = arguments->config;
  const auto add_number =
      [&](const char* name, int64_t& value, const char* help) {
        command->add_option(name, value, help)
            ->type_name("N")
            ->check(CLI::Range(int64_t{0}, int64_t{1000000}))
            ->capture_default_str();
      };
  add_number("--turns", config.turns, "Turns");
  add_number("--facts", config.facts, "Facts with different keys");
  add_number(
      "--updates",
      config.updates,
      "Turns that give an earlier key a new value");
  command
      ->add_option(
          "--name",
          config.name,
          "Name of the conversation; default: generated-SEED")
      ->type_name("NAME");
  command
      ->add_option(
          "--text",
          arguments->text,
          "Text of the other turns, a file or folder; default: data/text of the "
          "repository")
      ->type_name("PATH");
  command
      ->add_option(
          "-o,--output", arguments->output, "File to write; default: stdout")
      ->type_name("FILE.jsonl");
  add_seed_option(*command, arguments->common);
  add_quiet_option(*command, arguments->common);
  command->callback([arguments] { run_generate(*arguments); });
}

} // namespace microfiche::apps
