#include "model/inspection.h"

#include "checkpoint/sharded_checkpoint.h"
#include "core/error.h"
#include "core/json.h"
#include "core/memory_use.h"
#include "core/table.h"
#include "model/checkpoint_names.h"
#include "model/device.h"
#include "model/memory_estimate.h"
#include "model/model_config.h"
#include "model/model_family.h"
#include "model/model_parts.h"
#include "model/state_dict.h"
#include "model/trained_on.h"
#include "model/vision_token_file.h"
#include "tokenizer/tokenizer.h"

#include <optional>
#include <vector>

namespace microfiche::model {
namespace {

/// Memory that the program needs in addition once it computes: code of LibTorch
/// and oneDNN, their buffers, the page itself.
constexpr int64_t kProgramGrows = int64_t{64} << 20;

Json to_json(const TensorTotals& totals) {
  return {
      {"tensors", totals.tensors},
      {"parameters", totals.parameters},
      {"bytes", totals.bytes},
      {"dtypes", totals.dtypes}};
}

/// The memory of a run per dtype; see Note [The memory of a run].
Json memory_json(const ModelConfig& config, const TensorTotals& weights) {
  // Every command starts with the same: the program, LibTorch, the tokenizer.
  const int64_t program = peak_memory_bytes() + kProgramGrows;
  Json json = Json::object();
  for (const char* dtype : {"f32", "bf16", "int8", "int4"}) {
    const auto placement = find_placement("cpu", dtype, config.dtype());
    const bool mapped = weights.dtypes.contains(
        weights_dtype(placement) == torch::kBFloat16 ? "BF16" : "F32");
    const int64_t position = kv_cache_bytes(config, placement);
    json[dtype] = {
        {"weights_bytes", weights_bytes(config, placement)},
        {"kv_cache_bytes_per_position", position},
        {"kv_cache_bytes_at_most",
         position * config.language.max_position_embeddings}};
    for (const auto& mode : modes_of(config)) {
      json[dtype]["run_bytes"][mode.name] =
          program + estimate_memory(config, mode, placement, mapped).total();
    }
  }
  return json;
}

/// Without weights, the parts are those of config.json.
Json inspect_folder(const std::filesystem::path& folder) {
  // Of other files every size would be the published one.
  check(
      read_json_file(folder / "config.json").contains("language_config"),
      (folder / "config.json").string(),
      ": not the config of a model; it has no language_config");
  const auto config = load_model_config(folder / "config.json");
  std::optional<checkpoint::Checkpoint> checkpoint;
  if (checkpoint::Checkpoint::is_in(folder)) {
    checkpoint = checkpoint::Checkpoint::open(folder);
    check_checkpoint(*checkpoint, checkpoint_tensors(config), folder.string());
  }
  const auto parts =
      checkpoint ? count_parts(*checkpoint) : count_parts(config);

  Json json = {
      {"kind", checkpoint ? "model folder" : "model folder without weights"},
      {"path", folder.string()},
      {"family", config.family().name},
      {"window",
       config.language.sliding_window_size
           ? Json(*config.language.sliding_window_size)
           : Json(nullptr)}};
  json["parts"] = Json::object();
  for (const auto& [part, totals] : parts.parts) {
    json["parts"][part] = to_json(totals);
  }
  json["all"] = to_json(parts.all);
  json["sha256"] = checkpoint ? Json(checkpoint->sha256()) : Json(nullptr);
  const auto tokenizer_file = folder / "tokenizer.json";
  json["tokenizer"] = nullptr;
  if (std::filesystem::exists(tokenizer_file)) {
    const auto tokenizer = tokenizer::Tokenizer::load(tokenizer_file);
    json["tokenizer"] = {
        {"ids", tokenizer.size()}, {"sha256", tokenizer.sha256()}};
  }
  json["memory"] = memory_json(config, parts.all);
  json["modes"] = Json::array();
  for (const auto& mode : modes_of(config)) {
    json["modes"].push_back(write_config(mode));
    json["modes"].back()["trained"] = is_trained_mode(config, mode);
  }
  json["note"] = config.toolkit.note;
  json["trained_on"] = config.toolkit.trained_on
      ? write_config(*config.toolkit.trained_on)
      : Json(nullptr);
  return json;
}

Json inspect_file(const std::filesystem::path& path) {
  const checkpoint::SafetensorsFile file(path);
  Json json = {{"kind", "safetensors"}, {"path", path.string()}};
  if (file.find("vision_tokens") != nullptr) {
    const auto saved = read_vision_tokens(path);
    json["kind"] = "vision tokens";
  }
  json["metadata"] = file.metadata();
  json["tensors"] = Json::array();
  TensorTotals all;
  for (const auto& info : file.tensors()) {
    all.add(info);
    json["tensors"].push_back(
        {{"name", info.name},
         {"dtype", checkpoint::name_of(info.dtype)},
         {"shape", info.shape},
         {"bytes", info.end - info.begin}});
  }
  json["all"] = to_json(all);
  json["sha256"] = file.sha256();
  return json;
}

std::vector<std::string> tally_row(const std::string& name, const Json& tally) {
  std::string dtypes;
  for (const auto& [dtype, count] : tally["dtypes"].items()) {
    dtypes += (dtypes.empty() ? "" : " ") + dtype;
  }
  return {
      name,
      std::to_string(tally["tensors"].get<int64_t>()),
      std::to_string(tally["parameters"].get<int64_t>()),
      bytes_text(tally["bytes"].get<int64_t>()),
      dtypes};
}

} // namespace

Json inspect(const std::filesystem::path& path) {
  check(
      std::filesystem::exists(path), path.string(), ": no such file or folder");
  return std::filesystem::is_directory(path) ? inspect_folder(path)
                                             : inspect_file(path);
}

std::string inspection_text(const Json& json) {
  std::string text = concat(
      json["kind"].get<std::string>(), " ", json["path"].get<std::string>());
  if (json.contains("family")) {
    text += "\nfamily " + json["family"].get<std::string>();
    if (!json["window"].is_null()) {
      text += concat(
          ", sees the last ",
          json["window"].get<int64_t>(),
          " positions of its own output");
    }
  }
  text += json["sha256"].is_null()
      ? "\n\n"
      : concat("\nsha256 ", json["sha256"].get<std::string>(), "\n\n");
  Table table;
  if (json.contains("parts")) {
    table.header = {"part", "tensors", "parameters", "size", "types"};
    for (const auto& [part, tally] : json["parts"].items()) {
      table.rows.push_back(tally_row(part, tally));
    }
    table.rows.push_back(tally_row("all", json["all"]));
    text += to_text(table) + "\n";
    Table memory;
    memory.header = {
        "dtype", "weights", "KV cache per position", "KV cache at most"};
    for (const auto& [dtype, sizes] : json["memory"].items()) {
      memory.rows.push_back(
          {dtype,
           bytes_text(sizes["weights_bytes"]),
           bytes_text(sizes["kv_cache_bytes_per_position"]),
           bytes_text(sizes["kv_cache_bytes_at_most"])});
    }
    text += to_text(memory) + "\n";
    Table runs;
    runs.header = {"one page in mode"};
    for (const auto& [dtype, sizes] : json["memory"].items()) {
      runs.header.push_back("memory in " + dtype);
      size_t row = 0;
      for (const auto& [mode, bytes] : sizes["run_bytes"].items()) {
        if (runs.rows.size() == row) {
          const bool trained = json["modes"][row]["trained"];
          runs.rows.push_back({mode + (trained ? "" : " (not trained)")});
        }
        runs.rows[row++].push_back(bytes_text(bytes));
      }
    }
    text += to_text(runs);
    text += "\ntokenizer " +
        (json["tokenizer"].is_null()
             ? std::string("none")
             : json["tokenizer"]["sha256"].get<std::string>()) +
        "\n";
    for (const auto& mode : json["modes"]) {
      text += "mode " + mode.dump() + "\n";
    }
    return text;
  }
  for (const auto& [name, value] : json["metadata"].items()) {
    text += concat(name, ": ", value.get<std::string>(), "\n");
  }
  table.header = {"tensor", "type", "shape", "size"};
  for (const auto& tensor : json["tensors"]) {
    table.rows.push_back(
        {tensor["name"],
         tensor["dtype"],
         tensor["shape"].dump(),
         bytes_text(tensor["bytes"])});
  }
  return text + to_text(table);
}

} // namespace microfiche::model
