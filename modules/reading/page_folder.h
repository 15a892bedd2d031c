#pragma once

#include "model/model_config.h"
#include "rendering/page_style.h"

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace microfiche::reading {

/// A text to render and the name of its file.
struct SourceText {
  std::string file;
  std::string text;
};

/// Reads texts, without byte-order marks; `-` is standard input. Throws
/// `InputError` for a file that cannot be read.
std::vector<SourceText> read_texts(const std::vector<std::string>& files);

/// A folder that `write_page_folder` filled.
struct PageFolder {
  rendering::PageStyle style;

  /// File names of the pages; empty while they are rendered.
  std::set<std::string> pages;

  /// File names of what describes the pages.
  std::set<std::string> descriptions;
};

/// Nothing for any other folder, and for one whose description cannot be read.
std::optional<PageFolder> find_page_folder(const std::filesystem::path& folder);

/// Renders texts into a folder: page-0001.png, page-0002.png ..., and
/// pages.json with each page's file, text, characters, text tokens and source.
/// The same call resumes an interrupted one; pages that a call with other texts
/// or another style left in the folder are removed.
///
/// With the config of a model, warns once for each way in which the pages
/// differ from what the model was trained on. Throws `InputError`, before the
/// first page, for a text that the style's fonts cannot draw.
void write_page_folder(
    const std::filesystem::path& folder,
    const rendering::PageStyle& style,
    const std::vector<SourceText>& texts,
    const std::optional<model::ModelConfig>& config = std::nullopt);

} // namespace microfiche::reading
