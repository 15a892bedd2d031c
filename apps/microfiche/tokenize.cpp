#include "command.h"

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/stop_signal.h"
#include "tokenizer/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::apps {
namespace {

using tokenizer::Tokenizer;

struct TokenizeArguments {
  CommonArguments common;
  std::string input;
  bool decode = false;
  bool count = false;
};

Tokenizer load_tokenizer(const CommonArguments& common) {
  const std::filesystem::path model = model_folder(common);
  return Tokenizer::load(
      std::filesystem::is_directory(model) ? model / "tokenizer.json" : model);
}

const Json&
field(const Json& line, const char* name, const std::string& where) {
  check(line.is_object(), where, ": expected an object");
  const auto found = line.find(name);
  check(found != line.end(), where, ": no field \"", name, "\"");
  return *found;
}

std::vector<int64_t>
encode(const Tokenizer& tokenizer, const Json& line, const std::string& where) {
  const Json& text = field(line, "text", where);
  check(text.is_string(), where, ": text must be a string");
  return tokenizer.encode(text.get_ref<const std::string&>());
}

std::string
decode(const Tokenizer& tokenizer, const Json& line, const std::string& where) {
  const Json& list = field(line, "ids", where);
  check(list.is_array(), where, ": ids must be a list of numbers");
  std::vector<int64_t> ids;
  for (const Json& id : list) {
    check(
        id.is_number_integer() && tokenizer.contains(id.get<int64_t>()),
        where,
        ": no token has the id ",
        id.dump());
    ids.push_back(id.get<int64_t>());
  }
  return tokenizer.decode(ids);
}

void tokenize(const TokenizeArguments& arguments) {
  const Tokenizer tokenizer = load_tokenizer(arguments.common);
  std::string output;
  const auto read_line = [&](std::string_view line, const std::string& where) {
    throw_if_stop_requested();
    const Json json = parse_json(line, where);
    if (arguments.decode) {
      output += Json{{"text", decode(tokenizer, json, where)}}.dump();
    } else {
      const auto ids = encode(tokenizer, json, where);
      output += arguments.count ? std::to_string(ids.size())
                                : Json{{"ids", ids}}.dump();
    }
    output += '\n';
  };
  for_each_line(arguments.input, read_line);
  write_file("-", output);
}

} // namespace

void add_tokenize(CLI::App& app) {
  auto arguments = std::make_shared<TokenizeArguments>();
  auto* command = app.add_subcommand(
      "tokenize",
      "microfiche tokenize texts.jsonl --model configs/models/nano\n\n"
      "Converts {\"text\": ...} lines to {\"ids\": [...]} lines on stdout. Adds "
      "no special tokens; special tokens in a text become their ids.");
  command
      ->add_option(
          "input", arguments->input, "File of JSON lines; - is standard input")
      ->type_name("FILE")
      ->required();
  auto* decode = command->add_flag(
      "--decode",
      arguments->decode,
      "Convert {\"ids\": ...} lines to {\"text\": ...} lines");
  command
      ->add_flag(
          "--count",
          arguments->count,
          "Print only the number of tokens per text")
      ->excludes(decode);
  command
      ->add_option(
          "--model",
          arguments->common.model,
          "Model folder or tokenizer.json; default: the nano model")
      ->type_name("DIR");
  command->callback([arguments] { tokenize(*arguments); });
}

} // namespace microfiche::apps
