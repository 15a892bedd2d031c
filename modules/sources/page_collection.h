#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::sources {

/// A scanned or drawn page with the text on it.
struct CollectedPage {
  /// The file name of its image, without folder.
  std::string name;
  std::filesystem::path image;
  std::string reference;
};

/// A layout of such pages in a folder.
struct PageCollection {
  /// The prefix of a folder in a config, as in
  /// "fox_en:downloads/focus_benchmark_test".
  std::string name;

  /// Reads the pages of a folder in the order of its list, without opening the
  /// images. Throws `InputError`, naming the file, for missing or malformed
  /// entries.
  std::function<std::vector<CollectedPage>(const std::filesystem::path& folder)>
      read;
};

/// All collections.
const std::vector<PageCollection>& page_collections();

/// A folder in the layout of a collection.
struct CollectionFolder {
  const PageCollection* collection;
  std::filesystem::path folder;
};

/// The folder of a path of the form "collection:folder"; nothing for any other
/// path.
std::optional<CollectionFolder> find_collection(const std::string& text);

// The collections, each in a file of its name.

/// The English pages of Fox, `en_page_ocr.json` and `en_pdf_png/`, and the
/// Chinese ones, `cn_page_ocr.json` and `cn_pdf_png/`.
///
/// Source: ucaslcl/Fox, "Benchmark Data and Evaluation Tool"; CC BY-NC 4.0, so
/// users download the data themselves.
PageCollection fox(const std::string& language);

/// `OmniDocBench.json` and `images/`. The reference is the text of the blocks
/// in reading order, without formulas, tables and ignored blocks.
///
/// Source: opendatalab/OmniDocBench, "Dataset Format".
PageCollection omnidocbench();

/// `pages.json` and its images, as `microfiche render` writes them.
PageCollection rendered_pages();

} // namespace microfiche::sources
