#pragma once

#include "core/config.h"
#include "model/model_config.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::verification {

/// A file of a model folder.
struct FileFacts {
  std::string name;
  int64_t bytes = 0;
  std::string sha256;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, FileFacts& file) {
  visit("name", file.name);
  visit("bytes", file.bytes);
  visit("sha256", file.sha256);
}

/// What a model folder holds, compared with what its family published.
struct FolderCheck {
  std::string folder;
  std::string family;

  /// All files of the folder except hidden ones and subfolders, by name.
  std::vector<FileFacts> files;

  /// Of the checkpoint, without tensors that are ignored.
  int64_t tensors = 0;
  int64_t parameters = 0;
  int64_t bytes = 0;

  /// Of the published checkpoint.
  int64_t published_tensors = 0;
  int64_t published_parameters = 0;
  int64_t published_bytes = 0;

  /// What differs from the published model, one sentence each: config.json,
  /// then tensors, then numbers that are not finite, then tokenizer.json.
  std::vector<std::string> differences;

  /// What may be damage, or may be so in the published model: matrices of
  /// zeros.
  std::vector<std::string> warnings;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, FolderCheck& check) {
  visit("folder", check.folder);
  visit("family", check.family);
  visit("files", check.files);
  visit("tensors", check.tensors);
  visit("parameters", check.parameters);
  visit("bytes", check.bytes);
  visit("published_tensors", check.published_tensors);
  visit("published_parameters", check.published_parameters);
  visit("published_bytes", check.published_bytes);
  visit("differences", check.differences);
  visit("warnings", check.warnings);
}

/// Compares a model folder with what its family published: the fields of
/// config.json that change the computation; name, shape and dtype of every
/// tensor; sizes; the ids of some texts. Reads every file once for its SHA-256,
/// which is computed again each time, and the weights once more for numbers
/// that are not finite. Shows progress.
///
/// Throws `InputError` for a folder without config.json or weights, for a
/// damaged file, and for an unknown family; `Interrupted` after a signal.
FolderCheck check_folder(const std::filesystem::path& folder);

/// Where a config differs from its family's published one in a field that
/// changes the computation, e.g. "language_config.num_experts_per_tok: 8,
/// published 6".
std::vector<std::string> config_differences(const model::ModelConfig& config);

} // namespace microfiche::verification
