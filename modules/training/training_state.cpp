#include "training/training_state.h"

#include "checkpoint/safetensors.h"
#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"
#include "model/state_dict.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace microfiche::training {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "checkpoint.json";
constexpr std::string_view kPrefix = "step-";

struct FileRecord {
  std::string name;
  std::string sha256;
};

struct Manifest {
  TrainingPosition position;
  TrainingConfig training;
  std::vector<FileRecord> files;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, FileRecord& record) {
  visit("name", record.name);
  visit("sha256", record.sha256);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, Manifest& manifest) {
  visit("position", manifest.position);
  visit("training", manifest.training);
  visit("files", manifest.files);
}

std::string padded(int64_t number, size_t width) {
  const std::string digits = std::to_string(number);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

/// Makes a rename in `folder` outlast a power cut.
void sync_folder(const fs::path& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (descriptor >= 0) {
    fsync(descriptor);
    close(descriptor);
  }
}

/// The step of a checkpoint folder's name; nothing for other names.
std::optional<int64_t> step_of(const fs::path& folder) {
  const std::string name = folder.filename().string();
  if (!name.starts_with(kPrefix)) {
    return std::nullopt;
  }
  const char* begin = name.data() + kPrefix.size();
  const char* end = name.data() + name.size();
  int64_t step = 0;
  const auto [parsed, failure] = std::from_chars(begin, end, step);
  return failure == std::errc() && parsed == end ? std::optional(step)
                                                 : std::nullopt;
}

/// Checkpoint folders with their steps, oldest first.
std::vector<std::pair<int64_t, fs::path>> list_checkpoints(
    const fs::path& folder) {
  std::vector<std::pair<int64_t, fs::path>> found;
  if (fs::is_directory(folder)) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (const auto step = step_of(entry.path())) {
        found.emplace_back(*step, entry.path());
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

void remove_leftovers(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with("writing-")) {
      fs::remove_all(entry.path());
    }
  }
}

/// Writes tensors into files of at most `shard_bytes` each, or of one tensor.
std::vector<FileRecord> write_shards(
    const fs::path& folder,
    const std::map<std::string, torch::Tensor>& tensors,
    int64_t shard_bytes) {
  std::vector<FileRecord> files;
  std::vector<torch::Tensor> held;
  std::vector<checkpoint::TensorView> shard;
  int64_t bytes = 0;
  const auto flush = [&] {
    if (shard.empty()) {
      return;
    }
    const std::string name =
        "state-" + padded(files.size() + 1, 5) + ".safetensors";
    checkpoint::write_safetensors(folder / name, shard);
    files.push_back({name, sha256(MappedFile(folder / name).bytes())});
    shard.clear();
    held.clear();
    bytes = 0;
  };
  // The header takes space too: about a hundred bytes a tensor.
  constexpr int64_t kHeaderBytes = 200;
  for (const auto& [name, tensor] : tensors) {
    const auto host = tensor.detach().to(torch::kCPU).contiguous();
    const int64_t size = static_cast<int64_t>(host.nbytes()) + kHeaderBytes;
    if (bytes + size > shard_bytes) {
      flush();
    }
    held.push_back(host);
    shard.push_back(model::view_bytes(name, host));
    bytes += size;
  }
  flush();
  return files;
}

TrainingCheckpoint read_checkpoint(const fs::path& folder) {
  const auto manifest = read_config<Manifest>(
      read_json_file(folder / kManifest), (folder / kManifest).string());
  TrainingCheckpoint checkpoint;
  checkpoint.folder = folder;
  checkpoint.position = manifest.position;
  checkpoint.training = manifest.training;
  for (const auto& record : manifest.files) {
    const checkpoint::SafetensorsFile file(folder / record.name);
    check(
        file.sha256() == record.sha256,
        file.path().string(),
        ": its content is not what was written (SHA-256 differs)");
    for (const auto& info : file.tensors()) {
      checkpoint.tensors[info.name] =
          model::view_tensor({info, file.bytes(info)}).clone();
    }
  }
  return checkpoint;
}

} // namespace

void save_checkpoint(
    const fs::path& run_folder,
    const TrainingPosition& position,
    const TrainingConfig& training,
    const std::map<std::string, torch::Tensor>& tensors) {
  const fs::path folder = run_folder / "checkpoints";
  fs::create_directories(folder);
  remove_leftovers(folder);
  const std::string name = std::string(kPrefix) + padded(position.step, 8);
  const fs::path unfinished = folder / ("writing-" + name);
  fs::create_directories(unfinished);
  try {
    Manifest manifest{position, training, {}};
    manifest.files =
        write_shards(unfinished, tensors, training.checkpoints.shard_bytes);
    write_json_file(unfinished / kManifest, write_config(manifest));
    // A run that went back to an older checkpoint may come here again.
    fs::remove_all(folder / name);
    fs::rename(unfinished, folder / name);
  } catch (const fs::filesystem_error& error) {
    fs::remove_all(unfinished);
    throw IoError(error.what());
  } catch (...) {
    fs::remove_all(unfinished);
    throw;
  }
  sync_folder(folder);
  auto checkpoints = list_checkpoints(folder);
  const int64_t surplus =
      static_cast<int64_t>(checkpoints.size()) - training.checkpoints.keep;
  for (int64_t i = 0; i < surplus; ++i) {
    fs::remove_all(checkpoints[i].second);
  }
}

std::optional<TrainingCheckpoint> find_checkpoint(const fs::path& run_folder) {
  auto checkpoints = list_checkpoints(run_folder / "checkpoints");
  std::reverse(checkpoints.begin(), checkpoints.end());
  for (const auto& [step, folder] : checkpoints) {
    try {
      return read_checkpoint(folder);
    } catch (const InputError& error) {
      warn(concat("passing over a broken checkpoint: ", error.what()));
    }
  }
  return std::nullopt;
}

void restore(
    const TrainingCheckpoint& checkpoint,
    const std::map<std::string, torch::Tensor>& into) {
  const torch::NoGradGuard no_grad;
  std::string problems;
  for (const auto& [name, tensor] : into) {
    const auto found = checkpoint.tensors.find(name);
    if (found == checkpoint.tensors.end()) {
      problems += "\n  missing: " + name;
    } else if (found->second.sizes() != tensor.sizes()) {
      problems += concat(
          "\n  misshapen: ",
          name,
          ": expected ",
          tensor.sizes(),
          ", got ",
          found->second.sizes());
    } else {
      tensor.detach().copy_(found->second);
    }
  }
  check(
      problems.empty(),
      checkpoint.folder.string(),
      ": does not fit this model and config:",
      problems);
}

} // namespace microfiche::training
