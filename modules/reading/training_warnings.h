#pragma once

#include "model/model_config.h"
#include "model/trained_on.h"
#include "page/page_image.h"
#include "page/resolution_mode.h"
#include "reading/input_page.h"
#include "reading/page_folder.h"

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace microfiche::reading {

/// Finds how pages differ from those that a model was trained on. Many pages
/// differ in the same way, so each sentence is returned once.
class TrainingWarnings {
 public:
  TrainingWarnings(model::ModelConfig config, page::ResolutionMode mode);

  /// Of a page of an input file. Its style is known if it is a page of a text,
  /// or lies unchanged in a folder of `render`. Otherwise only its size and the
  /// mode are compared.
  std::vector<std::string> find(
      const InputPage& page,
      const page::PageImage& image);

  std::vector<std::string> find(const model::PageFacts& facts);

  /// Of vision tokens that were saved in a mode of this name.
  std::vector<std::string> find_for_mode(const std::string& mode);

 private:
  const std::optional<PageFolder>& folder_of(const std::filesystem::path& file);
  std::vector<std::string> take_new(std::vector<std::string> warnings);

  model::ModelConfig config_;
  page::ResolutionMode mode_;
  /// By folder, so that a folder of many pages is read once.
  std::map<std::filesystem::path, std::optional<PageFolder>> folders_;
  std::set<std::string> returned_;
};

} // namespace microfiche::reading
