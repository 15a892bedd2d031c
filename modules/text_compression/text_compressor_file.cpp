#include "text_compression/text_compressor_file.h"

#include "checkpoint/safetensors.h"
#include "core/config.h"
#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "model/state_dict.h"

#include <torch/torch.h>

#include <map>
#include <vector>

namespace microfiche::text_compression {
namespace {

constexpr const char* kConfigFile = "text_compressor.json";
constexpr const char* kTensorFile = "text_compressor.safetensors";

/// Copies every parameter from the file.
void load_parameters(
    TextCompressor& compressor,
    const checkpoint::SafetensorsFile& file) {
  const torch::NoGradGuard no_grad;
  std::map<std::string, torch::Tensor> found;
  for (const auto& info : file.tensors()) {
    found[info.name] = model::view_tensor({info, file.bytes(info)});
  }
  const auto parameters = compressor->named_parameters();
  for (const auto& item : parameters) {
    const auto tensor = found.find(item.key());
    check(
        tensor != found.end() && tensor->second.sizes() == item.value().sizes(),
        file.path().string(),
        ": expected tensor ",
        item.key(),
        " of shape ",
        item.value().sizes(),
        ", got ",
        tensor == found.end() ? std::string("none")
                              : concat(tensor->second.sizes()),
        "; is it the file of another compressor?");
    item.value().copy_(tensor->second);
  }
  check(
      found.size() == parameters.size(),
      file.path().string(),
      ": expected ",
      parameters.size(),
      " tensors, got ",
      found.size(),
      "; is it the file of another compressor?");
}

} // namespace

void save_text_compressor(
    const TextCompressor& compressor,
    const std::filesystem::path& model_folder) {
  std::vector<torch::Tensor> held;
  std::vector<checkpoint::TensorView> views;
  const auto parameters = compressor->named_parameters();
  held.reserve(parameters.size());
  for (const auto& item : parameters) {
    held.push_back(
        item.value().detach().to(torch::kCPU, torch::kFloat32).contiguous());
    views.push_back(model::view_bytes(item.key(), held.back()));
  }
  if (!views.empty()) {
    checkpoint::write_safetensors(model_folder / kTensorFile, views);
  }
  write_json_file(
      model_folder / kConfigFile, write_config(compressor->options.config()));
}

bool has_text_compressor(const std::filesystem::path& model_folder) {
  return std::filesystem::exists(model_folder / kConfigFile);
}

std::optional<LoadedTextCompressor> load_text_compressor(
    const model::LoadedModel& loaded) {
  const auto config_file = loaded.folder / kConfigFile;
  if (!std::filesystem::exists(config_file)) {
    return std::nullopt;
  }
  const auto config = read_config<TextCompressorConfig>(
      read_json_file(config_file), config_file.string());
  LoadedTextCompressor result;
  result.compressor = TextCompressor(
      TextCompressorOptions(loaded.config.language.hidden_size, config));
  result.sha256 = sha256(read_file(config_file));
  if (!result.compressor->parameters().empty()) {
    const checkpoint::SafetensorsFile file(loaded.folder / kTensorFile);
    load_parameters(result.compressor, file);
    result.sha256 = sha256(result.sha256 + file.sha256());
  }
  result.compressor->to(loaded.placement.device, loaded.placement.dtype);
  result.compressor->eval();
  return result;
}

} // namespace microfiche::text_compression
