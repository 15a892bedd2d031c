#include "training/checkpoint/training_checkpoint.h"

#include "checkpoint/safetensors.h"
#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "core/terminal.h"
#include "model/state_dict.h"
#include "training/checkpoint/checkpoint_folder.h"

#include <algorithm>
#include <functional>

namespace microfiche::training {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "checkpoint.json";

struct FileRecord {
  std::string name;
  /// Absent in old checkpoints.
  std::optional<int64_t> bytes;
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
  visit("bytes", record.bytes);
  visit("sha256", record.sha256);
}

/// The files that one of several processes has written.
struct Part {
  std::vector<FileRecord> files;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, Part& part) {
  visit("files", part.files);
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

/// The name, size and hash of a file.
FileRecord describe_file(const fs::path& file) {
  const MappedFile content(file);
  return {
      file.filename().string(),
      static_cast<int64_t>(content.bytes().size()),
      sha256(content.bytes())};
}

/// Writes tensors into files of at most `shard_bytes` each, or of one tensor.
std::vector<FileRecord> write_shards(
    const fs::path& folder,
    const std::string& prefix,
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
        prefix + padded(files.size() + 1, 5) + ".safetensors";
    checkpoint::write_safetensors(folder / name, shard);
    files.push_back(describe_file(folder / name));
    shard.clear();
    held.clear();
    bytes = 0;
  };
  // The header takes about a hundred bytes per tensor.
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

int64_t num_bytes(const std::map<std::string, torch::Tensor>& tensors) {
  size_t bytes = 0;
  for (const auto& [name, tensor] : tensors) {
    bytes += tensor.nbytes();
  }
  return static_cast<int64_t>(bytes);
}

TrainingCheckpoint read_checkpoint(const fs::path& folder) {
  const auto manifest = read_config<Manifest>(
      read_json_file(folder / kManifest), (folder / kManifest).string());
  TrainingCheckpoint checkpoint;
  checkpoint.folder = folder;
  checkpoint.position = manifest.position;
  checkpoint.training = manifest.training;
  for (const auto& record : manifest.files) {
    const auto found = describe_file(folder / record.name);
    const std::string path = (folder / record.name).string();
    check(
        !record.bytes || found.bytes == record.bytes,
        path,
        ": expected ",
        record.bytes.value_or(0),
        " bytes, got ",
        *found.bytes);
    check(
        found.sha256 == record.sha256,
        path,
        ": its content has changed since it was written (SHA-256 differs)");
    const auto file = std::make_shared<const checkpoint::SafetensorsFile>(path);
    for (const auto& info : file->tensors()) {
      checkpoint.tensors[info.name] =
          model::view_tensor({info, file->bytes(info)}, file);
    }
  }
  return checkpoint;
}

std::string part_name(int64_t rank) {
  return concat("part-", padded(rank, 4), ".json");
}

/// Adds the files of the other processes.
void add_parts(
    const fs::path& folder,
    int64_t processes,
    std::vector<FileRecord>& files) {
  for (int64_t rank = 1; rank < processes; ++rank) {
    const auto list = folder / part_name(rank);
    const auto part = read_config<Part>(read_json_file(list), list.string());
    files.insert(files.end(), part.files.begin(), part.files.end());
    std::error_code error;
    fs::remove(list, error);
    check<IoError>(!error, list.string(), ": cannot remove: ", error.message());
  }
}

} // namespace

void save_checkpoint(
    const fs::path& run_folder,
    const TrainingPosition& position,
    const TrainingConfig& training,
    const std::map<std::string, torch::Tensor>& tensors,
    ProcessGroup* group) {
  const auto& config = training.checkpoints;
  const bool first = is_first(group);
  const auto unfinished = first
      ? begin_checkpoint(run_folder, position.step)
      : unfinished_checkpoint(run_folder, position.step);
  const auto write = [&](const std::function<void()>& part) {
    try {
      part();
    } catch (const Error& error) {
      std::error_code ignored;
      fs::remove_all(unfinished, ignored);
      throw IoError(concat(
          error.what(),
          "; the checkpoint of step ",
          position.step,
          " takes ",
          num_bytes(tensors),
          " bytes; earlier checkpoints are unchanged"));
    }
  };
  Manifest manifest{position, training, {}};
  // The first process has created the folder.
  barrier(group);
  write([&] {
    const auto prefix = group == nullptr
        ? "state-"
        : concat("state-", padded(group->rank(), 4), "-");
    manifest.files =
        write_shards(unfinished, prefix, tensors, config.shard_bytes);
    if (!first) {
      write_json_file(
          unfinished / part_name(group->rank()),
          write_config(Part{manifest.files}));
    }
  });
  // All processes have written.
  barrier(group);
  if (first) {
    fs::path checkpoint;
    write([&] {
      add_parts(unfinished, size_of(group), manifest.files);
      write_json_file(unfinished / kManifest, write_config(manifest));
      checkpoint = commit_checkpoint(unfinished, position.step);
    });
    say("checkpoint: " + checkpoint.string());
    remove_old_checkpoints(
        run_folder,
        position.step,
        config.keep,
        position.best_precision ? std::optional(position.best_step)
                                : std::nullopt);
  }
  // The checkpoint is complete.
  barrier(group);
}

std::optional<TrainingCheckpoint> find_checkpoint(
    const fs::path& run_folder,
    std::optional<int64_t> step) {
  auto folders = list_checkpoints(run_folder);
  std::reverse(folders.begin(), folders.end());
  for (const auto& folder : folders) {
    if (step && folder.step != *step) {
      continue;
    }
    try {
      return read_checkpoint(folder.path);
    } catch (const InputError& error) {
      warn(concat("skipping a broken checkpoint: ", error.what()));
    }
  }
  // To begin again would remove them.
  check(
      step || folders.empty(),
      run_folder.string(),
      ": none of its ",
      folders.size(),
      " checkpoints can be read; restore one, or choose another folder with "
      "-o");
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
          "\n  other shape: ",
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
      ": does not match this model and config:",
      problems);
}

} // namespace microfiche::training
