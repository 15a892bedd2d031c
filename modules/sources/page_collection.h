#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::sources {

/// A page that somebody scanned or drew, with what stands on it.
struct CollectedPage {
  /// The name of its image, without folder.
  std::string name;
  std::filesystem::path image;
  std::string reference;
};

/// A way in which such pages lie in a folder.
struct PageCollection {
  /// What stands before the colon where a config names a folder, as in
  /// "fox_en:downloads/focus_benchmark_test".
  std::string name;

  /// Reads the pages of a folder in the order of its list, without opening the
  /// images. Throws `InputError`, naming the file, for what is missing or
  /// malformed.
  std::function<std::vector<CollectedPage>(const std::filesystem::path& folder)>
      read;
};

/// All of them.
const std::vector<PageCollection>& page_collections();

/// A folder in the layout of a collection.
struct CollectionFolder {
  const PageCollection* collection;
  std::filesystem::path folder;
};

/// What `text` names where it is of the form "collection:folder"; nothing for
/// any other path.
std::optional<CollectionFolder> find_collection(const std::string& text);

// The collections, each in a file of its name.

/// The English pages of Fox, `en_page_ocr.json` and `en_pdf_png/`, and the
/// Chinese ones, `cn_page_ocr.json` and `cn_pdf_png/`.
///
/// Source: ucaslcl/Fox, "Benchmark Data and Evaluation Tool"; CC BY-NC 4.0, so
/// the data are the user's own download.
PageCollection fox(const std::string& language);

/// `OmniDocBench.json` and `images/`. The reference is the text of the blocks
/// in reading order, without formulas, tables, and what is to be ignored.
///
/// Source: opendatalab/OmniDocBench, "Dataset Format".
PageCollection omnidocbench();

/// `pages.json` and its images, as `microfiche render` writes them.
PageCollection rendered_pages();

} // namespace microfiche::sources
