#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace microfiche::reading {

/// What a file holds. Its first bytes decide; of the name only the endings of
/// images and .safetensors count, so that a damaged file is reported as such.
enum class FileKind { kImage, kPdf, kText, kVisionTokens, kUnknown };

/// A file that a command takes pages from.
struct InputFile {
  std::filesystem::path path;
  FileKind kind = FileKind::kUnknown;

  /// Whether an image can have several pages.
  bool is_tiff = false;

  /// What was read from standard input; null for a file.
  std::shared_ptr<const std::string> content;

  /// The name in messages.
  std::string title() const;

  /// The bytes. Throws `InputError` when the file cannot be read, is empty, or
  /// is larger than the largest page without compression.
  std::string read() const;
};

/// The files of a command's inputs. `-` is standard input. A folder stands for
/// the images, PDF files and saved vision tokens in it, by name.
///
/// Warns about everything else in a folder: a text is read only when it is
/// named itself, a subfolder only when it is named, too. Results of `read` are
/// never taken from a folder. Throws `InputError` for a folder without pages.
std::vector<InputFile> list_files(const std::vector<std::string>& inputs);

} // namespace microfiche::reading
