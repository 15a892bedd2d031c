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
  /// folder. In a folder it takes `model.safetensors`, as Hugging Face's loader
  /// does, else `model.safetensors.index.json`, else the only index, else the
  /// only safetensors file.
  ///
  /// Names in the index's weight_map are relative to its folder and may not
  /// leave it. Shards may be symbolic links to anywhere, as in Hugging Face's
  /// cache. A wrong total_size is only a warning.
  ///
  /// Throws `InputError` when there is no checkpoint, when a file is malformed,
  /// and when the tensors of a shard are not those that the index lists.
  static Checkpoint open(const std::filesystem::path& path);

  /// Whether a folder has a safetensors file or an index.
  static bool is_in(const std::filesystem::path& folder);

  /// Every tensor's name, sorted.
  std::vector<std::string> names() const;

  /// Empty if there is no tensor of this name.
  std::optional<CheckpointTensor> find(std::string_view name) const;

  /// Sorted by name.
  const std::vector<SafetensorsFile>& files() const {
    return files_;
  }

  /// Identifies the weights: the SHA-256 of the file, or of the names and
  /// hashes of several files. Reads all of them.
  std::string sha256() const;

 private:
  explicit Checkpoint(std::vector<SafetensorsFile> files);

  std::vector<SafetensorsFile> files_;
  // Keys point into files_.
  std::unordered_map<std::string_view, size_t> file_of_;
};

} // namespace microfiche::checkpoint
