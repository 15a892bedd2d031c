#include "verification/published_readings.h"

#include "core/error.h"
#include "core/json.h"

#include <iterator>
#include <utility>

namespace microfiche::verification {
namespace {

namespace fs = std::filesystem;

constexpr const char* kReadings = "results/ocr";
constexpr const char* kClonesImages = "data/en_png";
constexpr const char* kFoxsImages = "en_pdf_png";
constexpr const char* kClone = "github.com/dududuck00/DeepSeekOCR";

PublishedPage read_page(const Json& entry, const std::string& where) {
  const auto is_text = [&](const char* field) {
    return entry.is_object() && entry.contains(field) &&
        entry[field].is_string();
  };
  check(
      is_text("image") && is_text("gt_text") && is_text("ocr_text") &&
          entry.contains("token_count") &&
          entry["token_count"].is_number_integer(),
      where,
      ": expected an object with the texts \"image\", \"gt_text\" and "
      "\"ocr_text\" and the whole number \"token_count\"");
  const auto image = entry["image"].get<std::string>();
  check(
      fs::path(image).filename() == image && image != "..",
      where,
      ": image: expected a file name, got ",
      json_excerpt(entry["image"]));
  return {
      image,
      entry["token_count"].get<int64_t>(),
      entry["gt_text"].get<std::string>(),
      entry["ocr_text"].get<std::string>()};
}

PublishedReadings read_readings(
    const fs::path& clone,
    const std::string& mode,
    int64_t num_pages) {
  const auto file = clone / kReadings / concat("en_png_", mode, ".json");
  const auto json = read_json_file(file);
  check(
      json.is_array() && std::ssize(json) == num_pages,
      file.string(),
      ": expected a list of the readings of ",
      num_pages,
      " pages, got ",
      json.is_array() ? concat(json.size(), " entries") : json_excerpt(json));
  PublishedReadings readings{mode, {}};
  for (size_t i = 0; i < json.size(); ++i) {
    readings.pages.push_back(
        read_page(json[i], concat(file.string(), ": entry ", i)));
  }
  return readings;
}

fs::path find_images(const fs::path& fox) {
  for (const char* folder : {kFoxsImages, kClonesImages}) {
    if (fs::is_directory(fox / folder)) {
      return fox / folder;
    }
  }
  throw InputError(concat(
      fox.string(),
      ": expected ",
      kFoxsImages,
      " (Fox's own folder) or ",
      kClonesImages,
      " (a clone of ",
      kClone,
      ")"));
}

} // namespace

FoxFolders
open_fox(const fs::path& fox, const fs::path& readings, int64_t num_pages) {
  FoxFolders folders{find_images(fox), {}};
  const auto& clone = readings.empty() ? fox : readings;
  check<UsageError>(
      fs::is_directory(clone / kReadings),
      clone.string(),
      ": has no ",
      kReadings,
      ", so there are no published readings to compare with; clone ",
      kClone,
      " and name it with --readings");
  for (const char* mode : {"tiny", "small"}) {
    folders.readings.push_back(read_readings(clone, mode, num_pages));
  }
  const auto& first = folders.readings.front();
  for (const auto& mode : folders.readings) {
    for (size_t i = 0; i < mode.pages.size(); ++i) {
      const auto& page = mode.pages[i];
      check(
          page.image == first.pages[i].image,
          clone.string(),
          ": mode ",
          mode.mode,
          ", entry ",
          i,
          ": expected ",
          first.pages[i].image,
          " as in mode ",
          first.mode,
          ", got ",
          page.image);
      check(
          fs::is_regular_file(folders.images / page.image),
          (folders.images / page.image).string(),
          ": no such image; the published readings name it");
    }
  }
  return folders;
}

} // namespace microfiche::verification
