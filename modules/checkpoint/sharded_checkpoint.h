#pragma once

#include "checkpoint/safetensors.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace microfiche::checkpoint {

/// One tensor of a checkpoint. Valid as long as the checkpoint.
struct CheckpointTensor {
  const TensorInfo& info;
  std::span<const std::byte> bytes;
};

/// The tensors of a model, in one safetensors file or in several with an index.
class Checkpoint {
 public:
  /// Opens a safetensors file, an index (`*.safetensors.index.json`), or a
  /// folder. In a folder `model.safetensors` comes first, as in Hugging Face's
  /// loader, then `model.safetensors.index.json`, then the only index or the
  /// only safetensors file whatever its name.
  ///
  /// The index's weight_map is followed whatever the shards are called. Names
  /// in it are relative to its folder and may not leave it, by symbolic links
  /// neither: but those of Hugging Face's cache, into the blobs beside its
  /// snapshots, are followed.
  ///
  /// Throws `InputError` when there is no checkpoint, when a file contradicts
  /// itself, with the names of tensors that the index promises and the shards
  /// lack or the other way round, and when the index's total_size is not the
  /// size of all tensors.
  static Checkpoint open(const std::filesystem::path& path);

  /// Every tensor's name, sorted.
  std::vector<std::string> names() const;

  /// Empty when there is no tensor of this name.
  std::optional<CheckpointTensor> find(std::string_view name) const;

  /// The files that hold the tensors, by name.
  const std::vector<SafetensorsFile>& files() const {
    return files_;
  }

  /// Identifies the weights: the SHA-256 of the only file or, of several, of
  /// their names and hashes. Reads everything.
  std::string sha256() const;

 private:
  explicit Checkpoint(std::vector<SafetensorsFile> files);

  std::vector<SafetensorsFile> files_;
  // Keys point into the names that files_ hold.
  std::unordered_map<std::string_view, size_t> file_of_;
};

} // namespace microfiche::checkpoint
