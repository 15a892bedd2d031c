#include "checkpoint/sharded_checkpoint.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/json.h"
#include "core/terminal.h"

#include <algorithm>
#include <map>
#include <utility>

namespace microfiche::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIndexSuffix = ".safetensors.index.json";
constexpr std::string_view kFileSuffix = ".safetensors";
constexpr size_t kMaxNamesInMessage = 5;

/// The files of a folder whose names end in `suffix`, sorted.
std::vector<fs::path> files_ending_in(
    const fs::path& folder,
    std::string_view suffix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename().string().ends_with(suffix)) {
      found.push_back(entry.path());
    }
  }
  check(!error, folder.string(), ": cannot be read: ", error.message());
  std::sort(found.begin(), found.end());
  return found;
}

/// The file with the tensors of a folder, or its index.
fs::path entry_of(const fs::path& folder) {
  for (const auto* name :
       {"model.safetensors", "model.safetensors.index.json"}) {
    if (fs::exists(folder / name)) {
      return folder / name;
    }
  }
  for (const auto suffix : {kIndexSuffix, kFileSuffix}) {
    const auto found = files_ending_in(folder, suffix);
    if (found.size() == 1) {
      return found.front();
    }
    check(
        found.empty(),
        folder.string(),
        ": several files end in ",
        suffix,
        " and none is called model",
        suffix,
        "; give the path of one of them");
  }
  throw InputError(concat(
      folder.string(),
      ": no model.safetensors and no model.safetensors.index.json"));
}

/// Shards by file name, each with the tensors that the index lists for it,
/// sorted.
using WeightMap = std::map<std::string, std::vector<std::string>>;

WeightMap read_weight_map(const Json& json, const std::string& where) {
  check(
      json.is_object() && json.contains("weight_map") &&
          json["weight_map"].is_object(),
      where,
      ": no object \"weight_map\"");
  WeightMap shards;
  for (const auto& [tensor, shard] : json["weight_map"].items()) {
    check(
        shard.is_string(),
        where,
        ": weight_map: \"",
        tensor,
        "\" must name a file, got ",
        shard.type_name());
    const fs::path name = shard.get<std::string>();
    const bool inside = !name.empty() && name.is_relative() &&
        name.string().find('\0') == std::string::npos &&
        std::none_of(name.begin(), name.end(), [](const fs::path& part) {
          return part == "..";
        });
    check(
        inside,
        where,
        ": weight_map: \"",
        tensor,
        "\" is in ",
        shard.dump(),
        ", which is not inside this folder");
    shards[name.string()].push_back(tensor);
  }
  check(!shards.empty(), where, ": weight_map is empty");
  for (auto& [shard, tensors] : shards) {
    std::sort(tensors.begin(), tensors.end());
  }
  return shards;
}

/// Opens a shard. It may be a symbolic link, as in the caches of Hugging Face,
/// but only to a regular file.
SafetensorsFile open_shard(
    const fs::path& path,
    const std::string& first_tensor,
    const fs::path& index) {
  check(
      fs::exists(path),
      path.string(),
      ": does not exist, but ",
      index.filename().string(),
      " says that it has \"",
      first_tensor,
      "\"; incomplete download?");
  check(fs::is_regular_file(path), path.string(), ": expected a regular file");
  return SafetensorsFile(path);
}

/// Warns if `total_size` is wrong, as in the published DeepSeek-OCR 2. The
/// names and sizes of the tensors are checked elsewhere.
void check_total_size(
    const Json& json,
    const std::vector<SafetensorsFile>& files,
    const std::string& where) {
  const auto metadata = json.find("metadata");
  if (metadata == json.end() || !metadata->is_object() ||
      !metadata->contains("total_size")) {
    return;
  }
  uint64_t total = 0;
  for (const auto& file : files) {
    for (const auto& tensor : file.tensors()) {
      total += tensor.end - tensor.begin;
    }
  }
  const Json& stated = (*metadata)["total_size"];
  if (!stated.is_number() || stated != total) {
    warn(concat(
        where,
        ": metadata: total_size is ",
        stated.dump(),
        " but the tensors have ",
        total,
        " bytes; ignored"));
  }
}

std::string first_few(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMaxNamesInMessage); ++i) {
    text += concat(i == 0 ? "\"" : ", \"", names[i], "\"");
  }
  if (names.size() > kMaxNamesInMessage) {
    text += concat(" and ", names.size() - kMaxNamesInMessage, " more");
  }
  return text;
}

/// Checks that the shard has the tensors that the index lists, and no other.
void check_shard(
    const SafetensorsFile& file,
    const std::vector<std::string>& listed,
    const fs::path& index) {
  std::vector<std::string> missing;
  for (const auto& name : listed) {
    if (file.find(name) == nullptr) {
      missing.push_back(name);
    }
  }
  check(
      missing.empty(),
      file.path().string(),
      ": misses ",
      first_few(missing),
      ", which ",
      index.filename().string(),
      " says that it has");

  std::vector<std::string> unexpected;
  for (const auto& tensor : file.tensors()) {
    if (!std::binary_search(listed.begin(), listed.end(), tensor.name)) {
      unexpected.push_back(tensor.name);
    }
  }
  check(
      unexpected.empty(),
      file.path().string(),
      ": has ",
      first_few(unexpected),
      ", which ",
      index.filename().string(),
      " does not list");
}

} // namespace

Checkpoint Checkpoint::open(const fs::path& path) {
  const fs::path entry = fs::is_directory(path) ? entry_of(path) : path;
  std::vector<SafetensorsFile> files;
  if (entry.string().ends_with(".json")) {
    const Json index = read_json_file(entry);
    for (const auto& [shard, tensors] :
         read_weight_map(index, entry.string())) {
      files.push_back(
          open_shard(entry.parent_path() / shard, tensors.front(), entry));
      check_shard(files.back(), tensors, entry);
    }
    check_total_size(index, files, entry.string());
  } else {
    files.emplace_back(entry);
  }
  return Checkpoint(std::move(files));
}

bool Checkpoint::is_in(const fs::path& folder) {
  return !files_ending_in(folder, kIndexSuffix).empty() ||
      !files_ending_in(folder, kFileSuffix).empty();
}

Checkpoint::Checkpoint(std::vector<SafetensorsFile> files)
    : files_(std::move(files)) {
  for (size_t i = 0; i < files_.size(); ++i) {
    for (const auto& tensor : files_[i].tensors()) {
      file_of_.emplace(tensor.name, i);
    }
  }
}

std::vector<std::string> Checkpoint::names() const {
  std::vector<std::string> names;
  names.reserve(file_of_.size());
  for (const auto& [name, file] : file_of_) {
    names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<CheckpointTensor> Checkpoint::find(std::string_view name) const {
  const auto found = file_of_.find(name);
  if (found == file_of_.end()) {
    return std::nullopt;
  }
  const SafetensorsFile& file = files_[found->second];
  const TensorInfo& info = *file.find(name);
  return CheckpointTensor{info, file.bytes(info)};
}

std::string Checkpoint::sha256() const {
  if (files_.size() == 1) {
    return files_.front().sha256();
  }
  std::string hashes;
  for (const auto& file : files_) {
    hashes += concat(file.path().filename().string(), " ", file.sha256(), "\n");
  }
  return microfiche::sha256(hashes);
}

} // namespace microfiche::checkpoint
